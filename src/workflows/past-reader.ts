/** Reading a lake as it was. */
import { generationOf, openLake } from './lake.ts';
import { buildPast } from './past-catalog.ts';
import { openReaderOf, type Reader, type ReaderOptions } from './reader.ts';

/**
 * A reader of the generation that `at` names; its file goes when the reader is closed.
 *
 * @throws catalog.no-such-generation, workflows.bad-version, workflows.tables-not-kept and as `openReader`
 */
export async function openPastReader(options: ReaderOptions, at: string | undefined): Promise<Reader> {
  const lake = await openLake(options);
  const past = await buildPast(lake, await generationOf(lake, at));
  try {
    const reader = await openReaderOf(options, past);
    return {
      ...reader,
      close: async () => {
        await reader.close();
        await past.remove();
      },
    };
  } catch (error) {
    await past.remove();
    throw error;
  }
}
