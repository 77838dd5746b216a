import { changeLab } from '../../lab/index.ts';
import { type Attachment, saveAttachments } from './attachments.ts';
import { loadLab, type OpenLab } from './open-lab.ts';

/**
 * Takes pods out of a lab again. What is gone already, be it the namespace, the pair or a rule, is no obstacle; and what is
 * not known here needs nothing.
 */
export async function remove(lab: OpenLab, isLeaving: (each: Attachment) => boolean, now: number): Promise<void> {
  const { holder, record, input, attachments } = lab;
  const leaving = attachments.attached.filter(isLeaving);
  if (leaving.length === 0) return;
  const attached = attachments.attached.filter((each) => !leaving.includes(each));
  const { world, cluster } = loadLab(input, attached);
  const stillCools = now - cluster.cni.settings.ipCooldownSeconds * 1000;
  await changeLab(holder, record, world, undefined, { differs: () => [], force: true });
  saveAttachments(holder, {
    attached,
    released: [
      ...attachments.released.filter(({ at }) => at > stillCools),
      ...leaving.map(({ node, address }) => ({ node, address, at: now })),
    ],
  });
}
