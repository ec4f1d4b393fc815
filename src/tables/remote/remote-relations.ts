/**
 * Statements about remote files, run on this machine's copies of them.
 *
 * DuckDB opens `s3://` with an extension that isn't always to be had, and that fetches the same bytes again and
 * again. So before a statement runs, the files it names are brought into a mount, and local paths take the
 * places of the URIs in its text. Views that were defined elsewhere still name URIs: those whose names occur in
 * the statement are made anew over local paths first, and whatever occurs in them too.
 */
import { type HookedSession, quoteLiteral, type StatementHook } from '../../duckdb/index.ts';
import { type EngineAccess, engineAccess, inParallel, type Mount } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { grantSql } from './grant.ts';

/** A view or macro whose text names remote files. */
export interface RemoteRelation {
  /** Its bare name. */
  readonly name: string;
  /** Its text. */
  readonly sql: string;
  /** The statements that make it anew with another text, one after the other. */
  create(sql: string): readonly string[];
}

/** Brings what statements are about to this machine. */
export class RemoteRelations {
  readonly #mount: () => Promise<Mount | undefined>;
  readonly #accessTo: (uri: string) => Promise<EngineAccess>;
  /** Statements that the engine has been given access with, until they run out. */
  readonly #granted = new Map<string, number>();
  #opening: Promise<Mount | undefined> | undefined;
  #opened: Mount | undefined;
  /** Not made anew yet, by name in lower case. */
  readonly #waiting = new Map<string, RemoteRelation[]>();
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param mount opened when it is first needed; without one, statements are left as they are.
   * @param accessTo for what the engine reads by itself; as this process has opened the place unless given.
   */
  constructor(
    mount: () => Promise<Mount | undefined>,
    accessTo: (uri: string) => Promise<EngineAccess> = engineAccess,
  ) {
    this.#mount = mount;
    this.#accessTo = accessTo;
  }

  /** To be made anew once a statement names it. Others of that name, in other schemas, are kept as well. */
  register(relation: RemoteRelation): void {
    const name = relation.name.toLowerCase();
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), relation]);
  }

  /** `text`, as DuckDB gives it back, with URIs in the places of local copies: a view's, or an error's. */
  readonly restore = (text: string): string => this.#opened?.canonical(text) ?? text;

  /** The hook for the sessions of the database whose relations these are. Statements that begin with `asIs` stay; `filesOnly` leaves views alone. */
  readonly hook: StatementHook = async (sql, session) => {
    if (sql.startsWith(asIs)) return sql;
    if (this.#waiting.size > 0 && !sql.startsWith(filesOnly)) await this.#bringViews(sql, session);
    return remoteLiteral.test(sql) ? await this.#localised(sql, session, readPlaces(sql)) : sql;
  };

  /** Removes the copies' private folder. */
  async close(): Promise<void> {
    await this.#opened?.close();
  }

  /** One at a time: two sessions that make the same view anew would be in each other's way. */
  async #bringViews(sql: string, session: HookedSession): Promise<void> {
    const turn = this.#turn.then(() => this.#bringNamed(sql, session));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #bringNamed(sql: string, session: HookedSession): Promise<void> {
    const texts = [sql];
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
      for (const name of this.#namedIn(text)) {
        const relations = this.#waiting.get(name) ?? [];
        this.#waiting.delete(name);
        try {
          for (const relation of relations) {
            // What it reads has to be there first.
            await this.#bringNamed(relation.sql, session);
            const local = await this.#localised(relation.sql, session, new Set());
            if (local === relation.sql) continue;
            for (const statement of relation.create(local)) await session.run(statement);
          }
        } catch (error) {
          this.#waiting.set(name, relations);
          throw error;
        }
        // Rolled back with its transaction, it would have to be made anew again.
        if (session.inTransaction) this.#waiting.set(name, relations);
      }
    }
  }

  /** Lets the engine read `place` by itself: a secret for what is around it, and whom to trust there. */
  async #grant(place: string, session: HookedSession): Promise<void> {
    const { secret, isUsable, expiresAtMs, caFile } = await this.#accessTo(place.replaceAll("''", "'"));
    const statements = isUsable ? [grantSql(secret)] : [];
    if (caFile !== undefined) statements.push(`SET GLOBAL ca_cert_file = ${quoteLiteral(caFile)}`);
    for (const statement of statements) {
      if ((this.#granted.get(statement) ?? 0) > Date.now() + spareMs) continue;
      await session.run(statement);
      // Rolled back with its transaction, it would have to be given again.
      if (!session.inTransaction) this.#granted.set(statement, expiresAtMs ?? Number.POSITIVE_INFINITY);
    }
  }

  #namedIn(text: string): readonly string[] {
    // A COPY to `…/orders.parquet` doesn't read the relation `orders`.
    const low = text.toLowerCase().replace(writtenFile, ')');
    const words = new Set(low.match(word) ?? []);
    return [...this.#waiting.keys()].filter((name) =>
      plainName.test(name) ? words.has(name) : low.includes(name),
    );
  }

  /**
   * `sql` with local paths for URIs.
   *
   * @param needed places whose files have to be there. @throws tables.no-files
   */
  async #localised(sql: string, session: HookedSession, needed: ReadonlySet<string>): Promise<string> {
    const places = new Map<string, string | undefined>();
    for (const { 1: place, index } of sql.matchAll(remoteLiterals)) {
      const before = sql.slice(Math.max(0, index - 40), index);
      if (place !== undefined && writesFile.test(before) && (await session.loads('httpfs')))
        await this.#grant(place, session);
      // What is written to isn't read, and a text that is compared or selected is no file.
      if (place !== undefined && readsFile.test(before)) places.set(place, undefined);
    }
    if (places.size === 0) return sql;
    this.#opening ??= this.#mount();
    this.#opened = await this.#opening;
    const mount = this.#opened;
    const wanted = [...places.keys()];
    if (mount === undefined) {
      if (await session.loads('httpfs')) for (const place of wanted) await this.#grant(place, session);
      return sql;
    }
    const fetchOne = async (place: string): Promise<void> => {
      const uri = place.replaceAll("''", "'");
      if (!mount.isImmutable(uri) && (await session.loads('httpfs'))) {
        await this.#grant(uri, session);
        return;
      }
      const path = await mount.fetch(uri);
      // Left to the engine, it would ask for an extension that doesn't have the files either.
      if (path === undefined && needed.has(place))
        throw tablesErrors['no-files']({ source: uri }, { hint: noFilesHint });
      places.set(place, path);
    };
    await inParallel(wanted, fetchOne);
    return sql.replace(remoteLiterals, (literal, place: string) => {
      const path = places.get(place);
      return path === undefined ? literal : `'${path.replaceAll("'", "''")}'`;
    });
  }
}

/** The places that functions for files, FROM and JOIN surely read. Pure. */
function readPlaces(sql: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { 1: place, index } of sql.matchAll(remoteLiterals)) {
    if (place !== undefined && surelyReads.test(sql.slice(Math.max(0, index - 40), index))) found.add(place);
  }
  return found;
}

const noFilesHint = 'Check the bucket, the path and the pattern; `**` is for any number of folders.';

/** Credentials are given anew before they run out. */
const spareMs = 300_000;

/** Begins statements whose places in a bucket are to stay as they are written. */
export const asIs = '/* boathouse: as is */ ';

/** Begins statements whose files are wanted, and no view: `s3://lake/events/…` has the name of one in it. */
const filesOnly = '/* boathouse: files only */ ';

/** What comes before a file that is read. */
const readsFile =
  /(?:[(,[]|\b(?:from|join|attach|database|in|when|pivot|unpivot|describe|summarize|table))\s*$/i;
/** What comes before a file, and can't come before a text that is only compared. */
const surelyReads = /(?:\b(?:read_\w+|parquet_\w+)\s*\(\s*\[?|(?<!\bdistinct\s+)\b(?:from|join))\s*$/i;
/** What comes before a file that COPY writes, which the engine does by itself. */
const writesFile = /\bto\s*$/i;
/** Where a COPY writes, with what it is told about that: only at the end of a statement, so that no text is taken for it. */
const writtenFile = /\)\s*to\s+'[^'()\n]*'\s*\((?:[^()']|'[^']*'|\([^()]*\))*\)\s*$/;
const remoteLiteral = /'s3[an]?:\/\//i;
const remoteLiterals = /'(s3[an]?:\/\/(?:[^']|'')*)'/gi;
const word = /[\p{L}\p{N}_$]+/gu;
const plainName = /^[\p{L}\p{N}_$]+$/u;
