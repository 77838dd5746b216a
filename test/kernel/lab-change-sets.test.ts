import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { idOf } from '../../src/lab/exec/adopt-netns.ts';
import { changeLab, openLab, readRecord } from '../../src/lab/index.ts';
import { parseIpsetSave } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';
import { article, change, changed, expectHeld, fabricOf, NODE, TOOLBOX, withLab, withSets } from './changed-lab.ts';
import { kernelTest } from './kernel.ts';

// Sets that come and go, namespaces that are made anew beside others that stay, and programs that are left alone.

kernelTest('a set is filled otherwise under the rule that asks it, and one comes beside it', () => {
  const made = 'create BAD hash:ip family inet hashsize 1024 maxelem 65536\nadd BAD 198.51.100.7\n';
  const filled = withSets(
    `${made.replace('.7', '.8')}add BAD 198.51.100.9\ncreate MORE bitmap:port range 0-65535\nadd MORE 53\n`,
  );
  return withLab(withSets(made), async (lab) => {
    const { name = '' } = lab.plan.namespaces.find(({ id }) => id === NODE) ?? {};
    const before = idOf(lab.netnsPath(name));
    await expectHeld(lab, withSets(made));
    expect(await change(lab, filled)).toBe(1);
    await expectHeld(lab, filled);
    expect(idOf(lab.netnsPath(name))).toBe(before);
    await expect(expectHeld(lab, withSets(made))).rejects.toThrow();
  });
});

kernelTest('sets that no rule asks any more go, and come otherwise, in the namespace there was', () => {
  const set = (kind: string, entry: string): string =>
    `create BAD ${kind} hashsize 1024 maxelem 65536\nadd BAD ${entry}\n`;
  const made = set('hash:ip family inet', '198.51.100.7');
  const bare = (text: string): World => changed(NODE, () => ({ ipsets: parseIpsetSave(text, 'ipset-save').value }));
  return withLab(withSets(made), async (lab) => {
    const { name = '' } = lab.plan.namespaces.find(({ id }) => id === NODE) ?? {};
    const before = idOf(lab.netnsPath(name));
    const other = set('hash:net family inet', '198.51.100.0/24');
    for (const world of [bare(other), withSets(made), article, bare(made), article]) {
      expect(await change(lab, world)).toBeGreaterThan(0);
      await expectHeld(lab, world);
    }
    expect(idOf(lab.netnsPath(name))).toBe(before);
  });
});

kernelTest('a set that rules ask throughout comes otherwise: its node is made anew, and its pods stay', () => {
  const made = 'create BAD hash:ip family inet hashsize 1024 maxelem 65536\nadd BAD 198.51.100.7\n';
  return withLab(withSets(made), async (lab) => {
    const idFor = (id: string) => idOf(lab.netnsPath(lab.plan.namespaces.find((each) => each.id === id)?.name ?? ''));
    const [node, pod, fabric] = [idFor(NODE), idFor(TOOLBOX), await fabricOf(lab, article)];
    const other = withSets(made.replace('hash:ip', 'hash:net'));
    await change(lab, other);
    await expectHeld(lab, other);
    expect(await fabricOf(lab, other)).toEqual(fabric);
    expect(idFor(TOOLBOX)).toBe(pod);
    expect(idFor(NODE)).not.toBe(node);
  });
});

kernelTest('programs go on while what they do not read changes', async () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const serve = [process.execPath, '--import', import.meta.resolve('tsx'), main, 'lab', 'serve'];
  const lab = await openLab(article, undefined, serve);
  const { identity } = lab.holder;
  try {
    const made = 'create BAD hash:ip family inet hashsize 1024 maxelem 65536\nadd BAD 198.51.100.7\n';
    const open = { ...article.fabric, securityGroups: [], networkAcls: [] };
    const to = async (world: World) => {
      const { serving, differences } = await changeLab(
        identity,
        readRecord(identity) ?? expect.fail('no record'),
        world,
        serve,
      );
      expect(differences).toEqual([]);
      return serving?.process;
    };
    const sets = withSets(made);
    for (const world of [sets, { ...sets, fabric: open, name: 'open' }, article])
      expect(await to(world)).toEqual(lab.serving?.process);
    await to(sets);
    // A node that is made anew has none of its sockets.
    expect(await to(withSets(made.replace('hash:ip', 'hash:net')))).not.toEqual(lab.serving?.process);
  } finally {
    lab.holder.end();
  }
});
