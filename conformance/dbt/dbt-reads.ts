/** Whether dbt's own classes read artifacts, and whether its JSON schemas hold for them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const program = `
import json, sys
from pathlib import Path
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest
from jsonschema import Draft202012Validator

classes = {'manifest': WritableManifest, 'catalog': CatalogArtifact, 'run_results': RunResultsArtifact, 'sources': FreshnessExecutionResultArtifact}
problems = []
for path in sys.argv[1:]:
    kind = classes[Path(path).stem]
    data = json.loads(Path(path).read_text())
    for error in Draft202012Validator(kind.json_schema()).iter_errors(data):
        deepest = error
        while deepest.context:
            deepest = min(deepest.context, key=lambda e: -len(e.absolute_path))
        problems.append(f"{path}: {'.'.join(map(str, deepest.absolute_path))}: {deepest.message[:300]}")
    try:
        read = kind.read_and_check_versions(path)
        if kind is WritableManifest:
            Manifest.from_writable_manifest(read)
    except Exception as error:
        problems.append(f'{path}: {type(error).__name__}: {str(error)[:500]}')
print(json.dumps(problems))
`;

/**
 * What dbt finds wrong with artifacts, which are known by their files' names: nothing, in the best of cases.
 * Asking once for many is cheaper than asking for each.
 */
export async function dbtReads(files: readonly string[]): Promise<readonly string[]> {
  const python = join(process.env['BOATHOUSE_PEERS_BIN'] ?? '', 'python');
  const { stdout } = await promisify(execFile)(python, ['-c', program, ...files], {
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
}
