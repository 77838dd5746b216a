import { formatTxtar, invariant, parseTxtar } from '../../src/base/index.ts';
import type { Ip } from '../../src/net/index.ts';
import { ip } from '../../src/net/index.ts';
import type { Headers, TcpFlag } from '../../src/trace/index.ts';
import { parseFlags, parsePacket } from './packet-text.ts';
import type { RouterText } from './router.ts';

/**
 * A namespace and the packets that meet it, one after the other, as a text: what a difference is saved as.
 *
 *   in0 tcp 10.1.0.2:40000 > 10.2.0.2:80 S    comes in by the device in0
 *   local udp 10.1.0.1:5000 > 10.2.0.2:53     a socket of the namespace sends it; source 0.0.0.0: the kernel chooses
 *   answer 1 SA                               what the far end answers to packet 1, as that left
 *   again 1 A                                 packet 1's flow goes on
 *   error 1 3/4 mtu 1400 from 10.2.0.9        a router on packet 1's way complains about it, as it left
 */
export interface Case {
  readonly comment: string;
  readonly router: RouterText;
  readonly puts: readonly Put[];
}

export type Put =
  | { readonly kind: 'packet'; readonly at: string; readonly headers: Headers; readonly text: string }
  | { readonly kind: 'answer'; readonly of: number; readonly flags: readonly TcpFlag[]; readonly text: string }
  | { readonly kind: 'again'; readonly of: number; readonly flags: readonly TcpFlag[]; readonly text: string }
  | {
      readonly kind: 'error';
      readonly of: number;
      readonly type: number;
      readonly code: number;
      readonly mtu: number | undefined;
      readonly from: Ip;
      readonly text: string;
    };

export function parsePut(text: string): Put {
  const follow = /^(answer|again) (\d+)(?: ([SARFP]+))?$/.exec(text);
  if (follow !== null) {
    const kind = follow[1] === 'answer' ? 'answer' : 'again';
    return { kind, of: Number(follow[2]), flags: parseFlags(follow[3] ?? ''), text };
  }
  const error = /^error (\d+) (\d+)\/(\d+)(?: mtu (\d+))? from (\S+)$/.exec(text);
  if (error !== null) {
    const mtu = error[4] === undefined ? undefined : Number(error[4]);
    const [of, type, code] = [error[1], error[2], error[3]].map(Number);
    return { kind: 'error', of: of ?? 0, type: type ?? 0, code: code ?? 0, mtu, from: ip(error[5] ?? ''), text };
  }
  const space = text.indexOf(' ');
  return { kind: 'packet', at: text.slice(0, space), headers: parsePacket(text.slice(space + 1)), text };
}

const SECTIONS = ['addresses', 'routes', 'rules', 'iptables', 'ip6tables', 'nft', 'sysctl', 'sockets'] as const;

export function parseCase(text: string): Case {
  const { comment, files } = parseTxtar(text);
  const router = Object.fromEntries(SECTIONS.flatMap((name) => (files.has(name) ? [[name, files.get(name)]] : [])));
  const packets = files.get('packets');
  invariant(packets !== undefined, 'A case has a section "-- packets --"');
  return { comment, router, puts: packets.split('\n').filter(Boolean).map(parsePut) };
}

export function printCase({ comment, router, puts }: Case): string {
  const files = new Map<string, string>();
  for (const name of SECTIONS) {
    const text = router[name];
    if (text !== undefined && text.trim() !== '') files.set(name, text.endsWith('\n') ? text : `${text}\n`);
  }
  files.set('packets', puts.map(({ text }) => `${text}\n`).join(''));
  return formatTxtar({ comment, files });
}
