/** `log`: the generations of a lake, newest first. */
import { type Generation, listGenerations, readIfThere } from '../catalog/index.ts';
import { openStorage } from '../storage/index.ts';
import { type Lake, type LakeOptions, openLake } from './lake.ts';

/** How much is told. */
export interface LakeLogOptions extends LakeOptions {
  /** Generations at most; 20 unless given. */
  readonly limit?: number | undefined;
}

/** One generation. */
export interface LoggedGeneration extends Pick<Generation, 'number' | 'runId' | 'by' | 'message' | 'from'> {
  readonly createdAt: Date;
  /** Relations that differ from the generation before; undefined where neither it nor that one tells. */
  readonly changed: readonly string[] | undefined;
  readonly relations: number;
  /** Whether every file that it pins and the rows of its tables are still there. */
  readonly readable: boolean;
}

/** The log of one branch. */
export interface LakeLog {
  /** The published file. */
  readonly catalog: string;
  /** Null for the main branch. */
  readonly branch: string | null;
  readonly generations: readonly LoggedGeneration[];
  /** Whether there are older ones. */
  readonly truncated: boolean;
}

/** The newest generations that are kept. @throws workflows.no-lake, catalog.no-branch, project.* */
export async function lakeLog(options: LakeLogOptions = {}): Promise<LakeLog> {
  const lake = await openLake(options);
  const limit = options.limit ?? 20;
  const numbers = [...(await listGenerations(lake.log))].reverse();
  const generations: LoggedGeneration[] = [];
  const looked = new Map<string, Promise<boolean>>();
  for (const number of numbers.slice(0, limit)) {
    const generation = await readIfThere(lake.log, number);
    if (generation !== undefined) generations.push(await loggedOf(generation, lake, looked));
  }
  return {
    catalog: lake.file,
    branch: lake.branch ?? null,
    generations,
    truncated: numbers.length > generations.length,
  };
}

async function loggedOf(
  generation: Generation,
  lake: Lake,
  looked: Map<string, Promise<boolean>>,
): Promise<LoggedGeneration> {
  const { number, createdAtMs, runId, by, changed, message, from, relations } = generation;
  const own = `${lake.database.toLowerCase()}.`;
  const shown = changed?.map((name) => (name.toLowerCase().startsWith(own) ? name.slice(own.length) : name));
  return {
    number,
    createdAt: new Date(createdAtMs),
    runId,
    ...(by === undefined ? {} : { by }),
    ...(message === undefined ? {} : { message }),
    ...(from === undefined ? {} : { from }),
    changed: shown,
    relations: relations.length,
    readable: await isReadable(generation, lake, looked),
  };
}

/** Costs a look at each file that no generation looked at before has. */
async function isReadable(
  generation: Generation,
  lake: Lake,
  looked: Map<string, Promise<boolean>>,
): Promise<boolean> {
  const pins = generation.relations.flatMap((relation) => relation.pins);
  const kept = generation.files.flatMap((file) => (file.kept === undefined ? [] : [file.kept]));
  const look = (key: string, find: () => Promise<unknown>): Promise<boolean> => {
    const known =
      looked.get(key) ??
      find().then(
        (found) => found !== undefined,
        () => false,
      );
    looked.set(key, known);
    return known;
  };
  const found = await Promise.all([
    ...pins.map((pin) => look(pin, () => statAt(pin, lake))),
    ...kept.map((path) => look(path, () => lake.log.storage.stat(path))),
  ]);
  return found.every(Boolean);
}

async function statAt(pin: string, { access }: Lake): Promise<unknown> {
  const slash = pin.lastIndexOf('/');
  return await openStorage(pin.slice(0, slash), access.optionsFor(pin)).stat(pin.slice(slash + 1));
}
