// The public API. Everything below takes and gives plain values: no files, no clock, no process.

/**
 * A question in the user's words to a `TraceResult`: names the ends, resolves the name, walks, and judges both ways.
 *
 * @example
 * import { ask, loadWorld, renderText, resolveName, simDataPlane } from 'packetwalk';
 *
 * const text = `
 * apiVersion: eksctl.io/v1alpha5
 * kind: ClusterConfig
 * metadata: { name: shop, region: eu-west-1 }
 * managedNodeGroups: [{ name: workers, desiredCapacity: 2, privateNetworking: true }]
 * ---
 * apiVersion: v1
 * kind: Pod
 * metadata: { name: web, namespace: shop }
 * spec: { containers: [{ name: web, image: web }] }
 * `;
 * const { world } = loadWorld([{ path: 'shop.yaml', text }], []);
 * if (world === undefined) throw new Error('Cannot load shop.yaml');
 * const question = { from: 'pod/shop/web', to: 'internet' };
 * const answer = await ask({ world, plane: simDataPlane, resolve: resolveName }, question);
 * if (!answer.ok) throw new Error(answer.problems.map(({ message }) => message).join(', '));
 * console.log(renderText(answer.result));
 */
export { type Answer, type Ask, type AskProblem, ask, type Question, type Resolve } from './ask/index.ts';

/**
 * One problem of the input with its file and line, and the line of text a person reads.
 *
 * @example
 * import { type Issue, showIssue } from 'packetwalk';
 *
 * const issue: Issue = {
 *   code: 'unknown-field',
 *   severity: 'warning',
 *   at: { file: 'shop.yaml', line: 7 },
 *   message: 'Unknown field "prot"',
 *   hint: 'did you mean "port"?',
 * };
 * console.log(showIssue(issue));
 */
export { type Issue, type SourceRef, showIssue } from './base/index.ts';

/**
 * One setting of the cluster turned for this load, as `--set KEY=VALUE` does.
 *
 * @example
 * import { type KnobSetting, loadWorld } from 'packetwalk';
 *
 * const set: KnobSetting = { key: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: 'true', source: { file: '--set' } };
 * console.log(loadWorld([], [set]).issues.length);
 */
export type { KnobSetting } from './cluster/index.ts';

/**
 * Put the texts of a cluster in, get a `World` and every problem of the input out.
 *
 * @example
 * import { loadWorld, showIssue } from 'packetwalk';
 *
 * const { world, issues } = loadWorld([{ path: 'cluster.yaml', text: 'kind: Nonsense' }], []);
 * for (const issue of issues) console.log(showIssue(issue));
 * console.log(world === undefined ? 'an error stopped the load' : world.name);
 */
export { type InputFile, type Loaded, loadWorld } from './load/index.ts';
/**
 * A TraceResult as a person, a program and a wiki read it, and the JSON Schema of the second.
 *
 * @example
 * import { renderJson, renderMermaid, renderText, type TraceResult, traceResultSchema } from 'packetwalk';
 *
 * const show = (result: TraceResult): string => [renderText(result), renderJson(result), renderMermaid(result)].join('\n');
 * console.log(show.length, typeof traceResultSchema);
 */
export {
  plain,
  renderJson,
  renderMermaid,
  renderText,
  type Style,
  type TextOptions,
  traceResultSchema,
} from './render/index.ts';
/**
 * The in-process model as a data plane, name resolution through it, and a session: several walks on one clock and one
 * connection state.
 *
 * @example
 * import { loadWorld, openSession, simDataPlane } from 'packetwalk';
 *
 * const { world } = loadWorld([], []);
 * if (world !== undefined) {
 *   const session = openSession(world);
 *   session.advance(350);
 *   console.log(simDataPlane.name, session.now);
 * }
 */
export { type Bound, openSession, type Resolution, resolveName, type Session, simDataPlane } from './sim/index.ts';
/**
 * What a walk tells: the contract of `trace -o json`.
 *
 * @example
 * import type { Step, TraceResult } from 'packetwalk';
 *
 * const rewrites = (result: TraceResult): Step[] =>
 *   result.roundTrips.flatMap((trip) => trip.forward.hops.flatMap((hop) => hop.steps)).filter((step) => step.kind === 'nat');
 * console.log(rewrites.length);
 */
export type {
  Blocker,
  Disposition,
  DnsQuery,
  Evidence,
  FarEnd,
  Finding,
  Headers,
  Hop,
  Place,
  Probe,
  RoundTrip,
  Step,
  Trace,
  TraceResult,
  TraceResultList,
  Verdict,
} from './trace/index.ts';
/**
 * The verdict of several round trips, and the exit code a verdict ends with.
 *
 * @example
 * import { exitCodeOf, verdictOf } from 'packetwalk';
 *
 * console.log(exitCodeOf(verdictOf(['delivered', 'dropped'])));
 */
export { exitCodeOf, verdictOf } from './trace/index.ts';
/**
 * The state of a whole cluster at one moment, and the engine that walks packets through one.
 *
 * @example
 * import type { DataPlane, World } from 'packetwalk';
 *
 * const nowhere: DataPlane = { name: 'sim', walk: async () => [] };
 * const pods = (world: World): number => world.directory.pods.length;
 * console.log(nowhere.name, pods.length);
 */
export type { ChoicePolicy, DataPlane, Dice, Directory, WalkOptions, World } from './world/index.ts';
/**
 * A World as the files a person would collect from its nodes, and back.
 *
 * @example
 * import { loadWorld, readWorld, worldFiles } from 'packetwalk';
 *
 * const { world } = loadWorld([], []);
 * if (world !== undefined) {
 *   const files = new Map([...worldFiles(world)].map(({ path, text }) => [path, text]));
 *   console.log(readWorld(files).issues);
 * }
 */
export { readWorld, worldFiles } from './world/index.ts';
