import { cut, type Reader } from './reader.ts';
import { type NftFamily, type NftReject, type NftTable, REJECT_CODES } from './types.ts';

const ANSWERS: readonly NftReject[] = [
  'tcp reset',
  ...REJECT_CODES.icmp.map((code) => `icmp ${code}` as const),
  ...REJECT_CODES.icmpv6.map((code) => `icmpv6 ${code}` as const),
  ...REJECT_CODES.icmpx.map((code) => `icmpx ${code}` as const),
];

/** What a bare `reject` means, which is also how nft prints it (nft(8), REJECT STATEMENT). */
export const DEFAULT_REJECT: Readonly<Record<NftFamily, NftReject> & Partial<Record<NftTable['family'], NftReject>>> = {
  ip: 'icmp port-unreachable',
  ip6: 'icmpv6 port-unreachable',
  inet: 'icmpx port-unreachable',
};

/** Kinds of answer a table of each family can give (nftables, src/evaluate.c stmt_evaluate_reject_family). */
const KINDS: Readonly<Record<NftFamily, readonly string[]>> = {
  ip: ['tcp', 'icmp'],
  ip6: ['tcp', 'icmpv6'],
  inet: ['tcp', 'icmp', 'icmpv6', 'icmpx'],
};

/** `reject`, at the end of a rule. A code without a name is none of what is read here, nor one of another family. */
export const reject: Reader = (text, { family }) => {
  const read = cut(text, /^reject(?: with (\S+)(?: type)? (\S+))?$/);
  if (read === undefined) return undefined;
  const [[, kind, code], rest] = read;
  if (kind === undefined || code === undefined) return [{ kind: 'reject', with: DEFAULT_REJECT[family] }, rest];
  const answer = ANSWERS.find((each) => each === `${kind} ${code}`);
  return answer === undefined || !KINDS[family].includes(kind) ? undefined : [{ kind: 'reject', with: answer }, rest];
};
