/** A project whose target is a branch of its lake. */
import { branchFile, checkBranchName, readHead, requireHead } from '../catalog/index.ts';
import type { Project } from '../project/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';
import { storageOptionsOf } from './lake.ts';

/** Whether the lake of the project's target has a branch of that name. */
export async function hasBranch(project: Project, name: string): Promise<boolean> {
  const file = project.profile.catalogPlace;
  if (file === undefined) return false;
  try {
    checkBranchName(name);
  } catch {
    return false;
  }
  const head = await readHead(rootOf(file, project), name);
  return head !== undefined && head.deletedAtMs === undefined;
}

/**
 * The project with the branch's catalog in the place of the main one. Everything else follows from where the
 * catalog is.
 *
 * @throws catalog.no-branch, workflows.no-lake for a target in memory
 */
export async function onBranch(project: Project, name: string): Promise<Project> {
  const { profile } = project;
  const { catalogPlace, databaseFile, lakehouse } = profile;
  if (catalogPlace === undefined) throw workflowErrors['no-lake']({ target: profile.targetName });
  await requireHead(rootOf(catalogPlace, project), name);
  return {
    ...project,
    profile: {
      ...profile,
      catalogPlace: branchFile(catalogPlace, name),
      databaseFile: databaseFile === undefined ? undefined : branchFile(databaseFile, name),
      lakehouse: { ...lakehouse, branch: name },
    },
  };
}

function rootOf(file: string, { profile }: Project): Storage {
  return openStorage(file.slice(0, file.lastIndexOf('/')), storageOptionsOf(profile));
}
