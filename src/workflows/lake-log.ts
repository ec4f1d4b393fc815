/** `log`: the generations of a lake, newest first. */
import { isBoathouseError } from '../base/index.ts';
import { type Generation, readIfThere, stampedGenerations } from '../catalog/index.ts';
import { inParallel, openStorage } from '../storage/index.ts';
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
  /** Whether every file that it pins and the rows of its tables are still there. Files of Delta tables aren't looked for. */
  readonly readable: boolean;
  /** What is wrong with one that isn't readable. */
  readonly problem?: string;
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
  const numbers = [...(await stampedGenerations(lake.log))].reverse();
  const looked = new Map<string, Promise<boolean>>();
  const found = new Map<number, LoggedGeneration>();
  await inParallel(numbers.slice(0, limit), async ({ number, modifiedMs }) => {
    try {
      const generation = await readIfThere(lake.log, number);
      if (generation !== undefined) found.set(number, await loggedOf(generation, lake, looked));
    } catch (error) {
      // One that is damaged, or of a newer Boathouse, is no reason not to tell of the others.
      if (!isBoathouseError(error) || !error.code.startsWith('catalog.')) throw error;
      found.set(number, damaged(number, modifiedMs, error.message));
    }
  });
  const generations = [...found.values()].sort((a, b) => b.number - a.number);
  return {
    catalog: lake.file,
    branch: lake.branch ?? null,
    generations,
    truncated: numbers.length > generations.length,
  };
}

function damaged(number: number, modifiedMs: number, problem: string): LoggedGeneration {
  const createdAt = new Date(modifiedMs);
  return { number, createdAt, runId: '', changed: undefined, relations: 0, readable: false, problem };
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
    ...(await lookAt(generation, lake, looked)),
  };
}

/** Costs a look at each file that no generation looked at before has. */
async function lookAt(
  generation: Generation,
  lake: Lake,
  looked: Map<string, Promise<boolean>>,
): Promise<Pick<LoggedGeneration, 'readable' | 'problem'>> {
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
  const all = [
    ...pins.map((pin) => ({ path: pin, find: () => statAt(pin, lake) })),
    ...kept.map((path) => ({ path, find: () => lake.log.storage.stat(path) })),
  ];
  const missing = new Set<string>();
  await inParallel(all, async ({ path, find }) => {
    if (!(await look(path, find))) missing.add(path);
  });
  const gone = [...missing];
  if (gone.length === 0) return { readable: true };
  const more = gone.length === 1 ? '' : ` and ${gone.length - 1} more`;
  return { readable: false, problem: `${gone[0]}${more} can't be found` };
}

async function statAt(pin: string, { access }: Lake): Promise<unknown> {
  const slash = pin.lastIndexOf('/');
  return await openStorage(pin.slice(0, slash), access.optionsFor(pin)).stat(pin.slice(slash + 1));
}
