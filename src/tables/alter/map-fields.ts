/** Every field of a schema changed, at any depth. Pure. */
import type { DataType, StructField, StructType } from '../../delta/index.ts';

/** `schema` with `change` done to each field, in structs, lists and maps too. */
export function mapFields(schema: StructType, change: (field: StructField) => StructField): StructType {
  return {
    kind: 'struct',
    fields: schema.fields.map((field) => {
      const changed = change(field);
      return { ...changed, type: mapType(changed.type, change) };
    }),
  };
}

function mapType(type: DataType, change: (field: StructField) => StructField): DataType {
  switch (type.kind) {
    case 'struct':
      return mapFields(type, change);
    case 'array':
      return { ...type, elementType: mapType(type.elementType, change) };
    case 'map':
      return { ...type, keyType: mapType(type.keyType, change), valueType: mapType(type.valueType, change) };
    default:
      return type;
  }
}
