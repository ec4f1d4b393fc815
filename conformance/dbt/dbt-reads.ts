/** Whether dbt's own classes read artifacts, and whether its JSON schemas hold for them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What dbt knows by a file's name. */
export type Artifact = 'manifest' | 'catalog' | 'run_results' | 'sources';

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
folder, problems = Path(sys.argv[1]), []
for name in sys.argv[2:]:
    path = folder / (name + '.json')
    data = json.loads(path.read_text())
    for error in Draft202012Validator(classes[name].json_schema()).iter_errors(data):
        deepest = error
        while deepest.context:
            deepest = min(deepest.context, key=lambda e: -len(e.absolute_path))
        problems.append(f"{name}: {'.'.join(map(str, deepest.absolute_path))}: {deepest.message[:300]}")
    try:
        read = classes[name].read_and_check_versions(str(path))
        if name == 'manifest':
            Manifest.from_writable_manifest(read)
    except Exception as error:
        problems.append(f'{name}: {type(error).__name__}: {str(error)[:500]}')
print(json.dumps(problems))
`;

/** What dbt finds wrong with artifacts of a target folder: nothing, in the best of cases. */
export async function dbtReads(folder: string, artifacts: readonly Artifact[]): Promise<readonly string[]> {
  const python = join(process.env['BOATHOUSE_PEERS_BIN'] ?? '', 'python');
  const { stdout } = await promisify(execFile)(python, ['-c', program, folder, ...artifacts], {
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
}
