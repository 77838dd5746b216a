import { didYouMean, showIssue } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { CNI_CODE, type NetConfig } from '../../cni/index.ts';
import { findHolder, type HolderIdentity, type LabRecord, readRecord, withLabLock } from '../../lab/index.ts';
import { type AttachedPod, loadWorld } from '../../load/index.ts';
import type { World } from '../../world/index.ts';
import { type LabInput, readLabInput } from '../lab-input.ts';
import { type Attachments, readAttachments } from './attachments.ts';
import { Failed } from './failed.ts';

/** A lab that is up and nobody else changes meanwhile. */
export interface OpenLab {
  readonly holder: HolderIdentity;
  readonly record: LabRecord;
  readonly input: LabInput;
  readonly attachments: Attachments;
}

/** A second ADD waits for the first; a runtime's own patience is longer. */
const PATIENCE = 60_000;

/** Runs `act` in the lab a configuration names; `absent` says what holds where none is up. */
export async function inLab<T>({ lab }: NetConfig, absent: () => T, act: (lab: OpenLab) => Promise<T>): Promise<T> {
  const holder = findHolder(lab);
  if (holder === undefined) return absent();
  return withLabLock(holder, PATIENCE, () => {
    const record = readRecord(holder);
    if (record === undefined)
      throw new Failed(
        CNI_CODE.noLab,
        `The lab "${lab}" is half made or half changed`,
        '"packetwalk lab down" ends it',
      );
    const input = readLabInput(holder);
    if (input === undefined)
      throw new Failed(CNI_CODE.noLab, `The lab "${lab}" does not know what it was made of`, 'make it with "lab up"');
    return act({ holder, record, input, attachments: readAttachments(holder) });
  });
}

export function noLab(lab: string): never {
  throw new Failed(CNI_CODE.noLab, `No lab "${lab}" is up`, 'make one with "packetwalk lab up -f ..."');
}

export interface LoadedLab {
  readonly world: World;
  /** Settled, with the pods that runtimes brought. */
  readonly cluster: Cluster;
}

/** The World of a lab with these pods in it: loaded, settled and compiled as "lab up" did. */
export function loadLab({ files, sets }: LabInput, attached: readonly AttachedPod[]): LoadedLab {
  const { world, cluster, issues } = loadWorld(files, sets, attached);
  if (world !== undefined && cluster !== undefined) return { world, cluster };
  const [first] = issues.filter(({ severity }) => severity === 'error');
  if (first !== undefined) throw new Failed(CNI_CODE.noLab, 'The input of the lab does not load', showIssue(first));
  const only = 'it was made of a World folder, which has no CNI to ask; make it of the objects';
  throw new Failed(CNI_CODE.noLab, 'This lab takes no new pods', only);
}

/** A node by its name, or without its domain. */
export function nodeOf({ nodeSpecs }: Cluster, wanted: string): string {
  const found =
    nodeSpecs.find(({ name }) => name === wanted) ?? nodeSpecs.find(({ name }) => name.split('.')[0] === wanted);
  if (found === undefined) {
    const names = nodeSpecs.flatMap(({ name }) => [name, name.split('.')[0] ?? name]);
    throw new Failed(CNI_CODE.noNode, `No node "${wanted}" in this lab`, didYouMean(wanted, names).hint);
  }
  if (found.computeType !== undefined)
    throw new Failed(CNI_CODE.noNode, `Node "${wanted}" is ${found.computeType}'s and takes no pods of a runtime`);
  return found.name;
}
