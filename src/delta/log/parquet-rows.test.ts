import { duckdbParquetRows } from '../../tables/index.ts';
import { describeParquetRowsContract, memoryRows } from '../contract.ts';

describeParquetRowsContract('memoryRows', memoryRows);
describeParquetRowsContract('duckdbParquetRows', duckdbParquetRows);
