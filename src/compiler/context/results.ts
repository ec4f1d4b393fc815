/** `store_result` and `load_result`: how a statement's result gets from one macro to another. */
import { bindArguments, Dict, HostObject, hostFunction, Tuple, type Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { fromPlain } from '../plain-values.ts';
import type { AdapterResponse } from '../warehouse.ts';
import { AgateTable } from './agate-table.ts';
import { optionalText, requiredText } from './arguments.ts';

/** dbt's adapter response as templates see it: prints as its message. */
export class ResponseObject extends HostObject {
  override readonly typeName = 'AdapterResponse';
  readonly response: AdapterResponse;

  constructor(response: AdapterResponse) {
    super();
    this.response = response;
  }

  override str(): string {
    return this.response.message;
  }

  override toJs(): unknown {
    return this.#fields();
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case '_message':
        return this.response.message;
      case 'code':
        return this.response.code ?? null;
      case 'rows_affected':
        return this.response.rowsAffected ?? null;
      case 'query_id':
        return null;
      case 'to_dict':
        return hostFunction(name, () => fromPlain(this.#fields()));
      default:
        return undefined;
    }
  }

  #fields(): Record<string, unknown> {
    const { message, code, rowsAffected } = this.response;
    return {
      _message: message,
      ...(code === undefined ? {} : { code }),
      ...(rowsAffected === undefined ? {} : { rows_affected: rowsAffected }),
    };
  }
}

/** Results by name, for one render. What isn't `main` can be loaded once, as in dbt. */
export class StoredResults {
  readonly #results = new Map<string, Value>();

  /** `store_result(name, response, agate_table=None)`. */
  readonly store: Value = hostFunction('store_result', (args, kwargs) => {
    const { values } = bindArguments(
      'store_result',
      ['name', 'response', ['agate_table', null]],
      args,
      kwargs,
    );
    return this.#put(requiredText('name', values[0]), values[1] ?? null, values[2] ?? null);
  });

  /** `store_raw_result(name, message, code, rows_affected, agate_table)`. */
  readonly storeRaw: Value = hostFunction('store_raw_result', (args, kwargs) => {
    const { values } = bindArguments(
      'store_raw_result',
      ['name', ['message', null], ['code', null], ['rows_affected', null], ['agate_table', null]],
      args,
      kwargs,
    );
    const code = optionalText('code', values[2]);
    const rows = Number(optionalText('rows_affected', values[3]) ?? Number.NaN);
    const response = new ResponseObject({
      message: optionalText('message', values[1]) ?? '',
      ...(code === null ? {} : { code }),
      ...(Number.isNaN(rows) ? {} : { rowsAffected: rows }),
    });
    return this.#put(requiredText('name', values[0]), response, values[4] ?? null);
  });

  /** `load_result(name)`. */
  readonly load: Value = hostFunction('load_result', (args, kwargs, call) => {
    const { values } = bindArguments('load_result', ['name'], args, kwargs);
    const name = requiredText('name', values[0]);
    const result = this.#results.get(name);
    if (result === undefined) return null;
    if (result === null) {
      throw compilerErrors['raised-by-macro'](
        { message: `The result of the statement '${name}' was loaded before; only that of 'main' is kept` },
        { location: call.location },
      );
    }
    if (name !== 'main') this.#results.set(name, null);
    return result;
  });

  /** The stored result `name`, for whoever runs a materialization. */
  get(name: string): Value | undefined {
    return this.#results.get(name);
  }

  #put(name: string, response: Value, table: Value): Value {
    const rows = table instanceof AgateTable ? table.rows.map((row) => new Tuple([...row])) : [];
    this.#results.set(
      name,
      new Dict([
        ['response', response],
        ['data', rows],
        ['table', table instanceof AgateTable ? table : AgateTable.empty()],
      ]),
    );
    return '';
  }
}
