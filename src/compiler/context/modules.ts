import { datetimeModule, pytzModule } from './datetime-module.ts';
import { HostModule } from './host-module.ts';
import { itertoolsModule } from './itertools.ts';
import { reModule } from './re-module.ts';

let made: HostModule | undefined;

/** `modules`: Python's `datetime`, `itertools`, `pytz` and `re`. One for all renders: it holds no state. */
export function moduleValues(): HostModule {
  made ??= new HostModule('module', 'modules', {
    datetime: datetimeModule(() => Date.now()),
    itertools: itertoolsModule(),
    pytz: pytzModule(),
    re: reModule(),
  });
  return made;
}
