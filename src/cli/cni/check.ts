import { CNI_CODE, type CniRequest } from '../../cni/index.ts';
import { idOf, missingWiring, readBack, realExecutor } from '../../lab/index.ts';
import { isOf } from './attachments.ts';
import { Failed, listed } from './failed.ts';
import { loadLab, type OpenLab } from './open-lab.ts';
import { podEnds, resultOf } from './pod-ends.ts';

/**
 * Compares what ADD answered with what it wired, and that with what the kernel holds. Lines that others added are theirs: a
 * later plugin of the chain may (SPEC.md, "CHECK").
 */
export async function check(request: CniRequest & { readonly command: 'CHECK' }, lab: OpenLab): Promise<void> {
  const { config, key, netns, prevResult } = request;
  const { holder, record, input, attachments } = lab;
  const attachment = attachments.attached.find(isOf(config.name, key));
  if (attachment === undefined)
    throw new Failed(CNI_CODE.unknownContainer, `No container "${key.containerID}" was added to "${config.name}"`);
  const { world } = loadLab(input, attachments.attached);
  const ends = podEnds(world, attachment);
  if (ends === undefined)
    throw new Failed(CNI_CODE.notAsWired, `Pod "${attachment.namespace}/${attachment.name}" is no longer in the lab`);
  const differences: string[] = [];
  if (idOf(netns) !== attachment.netnsId) differences.push(`CNI_NETNS: "${netns}" is not the namespace that was added`);
  const wired = resultOf(world, ends, netns);
  for (const { address } of wired.ips)
    if (!prevResult.ips.includes(address)) differences.push(`prevResult: no address ${address}`);
  for (const { name, mac } of wired.interfaces)
    if (!prevResult.interfaces.some((each) => each.name === name && (each.mac === undefined || each.mac === mac)))
      differences.push(`prevResult: no interface ${name} with address ${mac}`);
  const executor = realExecutor({ kind: 'holder', pid: holder.pid });
  const names = new Set(
    record.plan.namespaces.flatMap(({ label, name }) => (label === ends.pod || label === ends.node ? [name] : [])),
  );
  const back = await readBack(world, record.plan, executor, (name) => names.has(name));
  for (const [id, found] of back.netns) {
    const wanted = world.netns.get(id);
    if (wanted !== undefined)
      differences.push(...missingWiring(wanted, found, ends).map((line) => `${id}: no "${line}"`));
  }
  if (differences.length > 0)
    throw new Failed(
      CNI_CODE.notAsWired,
      `Pod "${attachment.namespace}/${attachment.name}" is not as it was wired`,
      listed(differences),
    );
}
