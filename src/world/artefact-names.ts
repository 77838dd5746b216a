import { didYouMean } from '../base/index.ts';

/** The file names of a namespace's folder. */
export const ARTEFACT_FILES = [
  'ip-link.json',
  'ip-addr.json',
  'ip-route.json',
  'ip-rule.json',
  'ip-neigh.json',
  'iptables-save',
  'ip6tables-save',
  'nft-list-ruleset',
  'ipset-save',
  'ipvsadm-save',
  'cilium-bpf-lb-list',
  'sysctl',
  'bpf-net.json',
  'bpf-map.json',
  'ss',
  'conntrack',
  'resolv.conf',
  'unmodelled.json',
  'netns.json',
  'origins.json',
] as const;

/** Texts of the tools themselves, which people give an ending. */
const TEXTS = ARTEFACT_FILES.filter((name) => !name.endsWith('.json'));
/** Of routes and rules the text form is read too, and IPv6 in a file of its own; of the other lists of `ip` JSON alone. */
const FORMS = /^ip-(?:link|addr|neigh|(?:6-)?(?:route|rule))(?:\.json|\.txt)?$/;

/**
 * The name of the artefact that a file of a node's dump holds: its own, `iptables-save` for `iptables-save.txt`, or
 * undefined where nothing reads it.
 */
export function artefactOf(name: string): string | undefined {
  const stem = name.replace(/\.txt$/, '');
  const known = ARTEFACT_FILES.find((each) => each === name) ?? TEXTS.find((each) => each === stem);
  if (known !== undefined) return known;
  if (!FORMS.test(name)) return undefined;
  return LISTS.test(stem) ? `${stem}.json` : name;
}

const LISTS = /^ip-(?:link|addr|neigh)$/;

/** True for the name of a file that holds an artefact of a node, wherever it lies. */
export const isArtefactName = (name: string): boolean => artefactOf(name) !== undefined;

/** Words of names people give what tools print, each with the name that is read. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/ip6tables/, 'ip6tables-save'],
  [/iptables/, 'iptables-save'],
  [/nft/, 'nft-list-ruleset'],
  [/conntrack/, 'conntrack'],
  [/ipset/, 'ipset-save'],
  [/ipvs/, 'ipvsadm-save'],
  [/sysctl/, 'sysctl'],
  [/resolv/, 'resolv.conf'],
  [/^ss\b/, 'ss'],
  [/^ip\b.*6.*route/, 'ip-6-route.txt'],
  [/^ip\b.*6.*rule/, 'ip-6-rule.txt'],
  [/^(?:ip\b.*)?route/, 'ip-route.txt'],
  [/^(?:ip\b.*)?rule/, 'ip-rule.txt'],
  [/^(?:ip\b.*)?addr/, 'ip-addr.json'],
  [/^(?:ip\b.*)?link/, 'ip-link.json'],
  [/^(?:ip\b.*)?neigh/, 'ip-neigh.json'],
];
/** Endings of what a person keeps of a tool's output. */
const OUTPUT = /^[^.]+(?:\.(?:txt|out|log|save|rules|nft|old|orig|bak))?$/;

/** The name under which a file of a node's dump would have been read, as a hint. */
export function nearArtefact(name: string): { readonly hint?: string } {
  const lower = name.toLowerCase();
  const near = WORDS.find(([word]) => word.test(lower))?.[1];
  return near === undefined ? didYouMean(name, ARTEFACT_FILES) : { hint: `did you mean "${near}"?` };
}

/** Whether a file that nothing reads looks like an artefact even where no other lies beside it. */
export const looksCollected = (name: string): boolean =>
  OUTPUT.test(name) && /^(?:ip6?tables|nft|conntrack|ipset|ipvsadm|sysctl|ss|ip-\w+)\b/.test(name.toLowerCase());
