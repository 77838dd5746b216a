import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AttachmentKey } from '../../cni/index.ts';
import { type HolderIdentity, insideLab } from '../../lab/index.ts';
import type { AttachedPod } from '../../load/index.ts';
import type { Ip } from '../../net/index.ts';

/** A pod that a runtime brought, by the network's name and the runtime's own words for it. */
export interface Attachment extends AttachedPod, AttachmentKey {
  readonly network: string;
  /** Which namespace it was: `net:[4026532455]`. */
  readonly netnsId: string;
}

/** What a lab keeps of its runtimes, as ipamd keeps /var/run/aws-node/ipam.json: who has which address, and which rest. */
export interface Attachments {
  readonly attached: readonly Attachment[];
  /** Addresses given back, and when (milliseconds): IP_COOLDOWN_PERIOD keeps them from the next pod. */
  readonly released: readonly { readonly node: string; readonly address: Ip; readonly at: number }[];
}

const FILE = '/var/run/packetwalk/cni.json';

export function readAttachments({ pid }: HolderIdentity): Attachments {
  try {
    return JSON.parse(readFileSync(insideLab(pid, FILE), 'utf8')) as Attachments; // only this program writes it
  } catch {
    return { attached: [], released: [] };
  }
}

/** Whole or not at all. */
export function saveAttachments({ pid }: HolderIdentity, attachments: Attachments): void {
  const file = insideLab(pid, FILE);
  writeFileSync(`${file}.new`, JSON.stringify(attachments));
  renameSync(`${file}.new`, file);
}

/** An attachment by what a runtime calls it. */
export const isOf =
  (network: string, key: AttachmentKey) =>
  (each: Attachment): boolean =>
    each.network === network && each.containerID === key.containerID && each.ifName === key.ifName;
