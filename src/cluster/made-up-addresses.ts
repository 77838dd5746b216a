import { type Cidr, cidr, cidrNth, cidrSize, cidrsOverlap, type Ip, PrefixTrie, parseCidr } from '../net/index.ts';

/**
 * Documentation blocks (RFC 5737), and one for measurements (RFC 2544): what the input gives no address has one of these. The
 * third, 203.0.113.0/24, is the askers': of clients on the internet.
 */
export const MADE_UP = ['198.51.100.0/24', '192.0.2.0/24', '198.19.0.0/16'].map(cidr);
/** Of nodes in public subnets. */
export const MADE_UP_FOR_NODES = cidr('198.18.0.0/16');

/** What may be an address or a block that touches one of those: nothing longer than /8 has another first number. */
const MENTION = /(?<![\d.])(?:192|198)(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\d.]*\d)/g;
const WIDEST = 8;
const HOST = 31;

/**
 * Every address and block of a text that touches those that are made up, wherever it stands: a Service's external IP, a rule of
 * a node's dump, a comment. What is said of anybody is not said of whoever is given an address here.
 */
export function mentionedIn(texts: Iterable<string>): readonly Cidr[] {
  const found = new Map<string, Cidr>();
  for (const text of texts)
    for (const [word] of text.matchAll(MENTION)) {
      if (found.has(word)) continue;
      const block = parseCidr(word);
      if (block === undefined || block.prefix < WIDEST) continue;
      if (cidrsOverlap(block, MADE_UP_FOR_NODES) || MADE_UP.some((each) => cidrsOverlap(block, each)))
        found.set(word, block);
    }
  return [...found.values()];
}

/**
 * Addresses of `blocks`, one after the other, that the input does not mention; when none is left those of which it mentions no
 * more than a block around them.
 */
export function* madeUpAddresses(blocks: readonly Cidr[], mentioned: readonly Cidr[]): Generator<Ip, undefined> {
  const [hosts, around] = [new PrefixTrie<true>(), new PrefixTrie<true>()];
  for (const block of mentioned) (block.prefix >= HOST ? hosts : around).add(block, true);
  for (const isAround of [false, true])
    for (const block of blocks)
      for (let n = 1; n < cidrSize(block) - 1; n++) {
        const address = cidrNth(block, n);
        if (hosts.longest(address) === undefined && (around.longest(address) === true) === isAround) yield address;
      }
  return undefined;
}
