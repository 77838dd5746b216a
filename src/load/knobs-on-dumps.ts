import { type Issue, NOTHING_TOLD } from '../base/index.ts';
import { type KnobSetting, loadCluster } from '../cluster/index.ts';
import { compileWorld } from '../compile/index.ts';
import { settle } from '../controllers/index.ts';
import { findNetns, type NodeDump } from '../ingest/index.ts';
import type { Netns } from '../linux/index.ts';
import type { Cidr } from '../net/index.ts';
import { netnsFiles, type World } from '../world/index.ts';
import type { InputFile } from './classify.ts';

/**
 * Knobs that a dump would silence: turned, they rewrite an artefact the input replaces by what was collected. What the walk
 * would be with such a knob nobody can tell, so the question is refused; `patch/` knobs act on dumps by design.
 */
export function knobsOnDumps(
  compiled: World,
  documents: readonly InputFile[],
  sets: readonly KnobSetting[],
  dumps: readonly NodeDump[],
  mentioned: readonly Cidr[],
): readonly Issue[] {
  if (dumps.length === 0) return [];
  return sets
    .filter((set) => !set.key.startsWith('patch/'))
    .flatMap((set) => {
      const others = sets.filter((other) => other !== set);
      const without = compileWorld(settle(loadCluster(documents, others, NOTHING_TOLD, mentioned).value).value).value;
      return dumps.flatMap((dump) => {
        const lost = rewritten(compiled, without, dump);
        return lost.length === 0 ? [] : [refusal(set, dump, lost)];
      });
    });
}

/** Dumped artefacts that differ between the two compiled states. */
function rewritten(turned: World, untouched: World, { node, files }: NodeDump): string[] {
  const id = findNetns(turned, node, { file: node }, []);
  const after = id === undefined ? undefined : turned.netns.get(id);
  const before = id === undefined ? undefined : untouched.netns.get(id);
  if (after === undefined || before === undefined) return [];
  const textsBefore = textsOf(before);
  const textsAfter = textsOf(after);
  return [...files.keys()].filter(
    (name) => name !== 'origins.json' && textsBefore.get(stem(name)) !== textsAfter.get(stem(name)),
  );
}

const textsOf = (netns: Netns): ReadonlyMap<string, string> =>
  new Map([...netnsFiles(netns)].map(({ path, text }) => [stem(path), text]));

/** `ip-rule.json`, `ip-rule.txt` and `ip-6-rule` are collections of one artefact. */
const stem = (name: string): string => name.replace(/\.(?:txt|json)$/, '').replace('ip-6-', 'ip-');

const refusal = (set: KnobSetting, { node }: NodeDump, lost: readonly string[]): Issue => ({
  code: 'knob-on-dump',
  severity: 'error',
  at: set.source,
  message: `Cannot turn "${set.key}": on node ${node} it would rewrite ${lost.join(', ')}, and the input has a dump of that`,
  expected: 'leave that part of the dump out, or write the change as lines of a NodePatch',
});
