/** `boathouse table`: one Delta table, looked at, changed and looked after. */
import type { CommandGroup } from '../../command.ts';
import { rowCommands } from './changes-of-rows.ts';
import { definitionCommands } from './definitions.ts';
import { lookCommands } from './looks.ts';
import { upkeepCommands } from './upkeep.ts';

/** The commands about one table. */
export const tableGroup: CommandGroup = {
  name: 'table',
  summary: 'Look at, change and look after one Delta table',
  commands: [...lookCommands, ...rowCommands, ...definitionCommands, ...upkeepCommands],
  examples: [
    'boathouse table history silver.orders',
    'boathouse table optimize lake/events --zorder customer_id',
    'boathouse table vacuum lake/events --dry-run',
  ],
};
