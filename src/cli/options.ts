import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Protocol, parseProtocol, protocolNames } from '../net/index.ts';
import type { HttpRequest } from '../trace/index.ts';
import type { ChoicePolicy } from '../world/index.ts';

export interface InputOptions {
  readonly file: readonly string[];
  readonly set: readonly string[];
}

export interface FlowFlags {
  readonly proto: Protocol;
  readonly fromPort?: number;
  readonly dns?: boolean;
  readonly viaDns?: boolean;
  readonly size?: number;
  readonly df?: boolean;
  readonly header?: HttpRequest['headers'];
}

export interface WalkFlags extends InputOptions, FlowFlags {
  readonly choice: ChoicePolicy;
  readonly plane: 'sim' | 'kernel' | 'both';
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

export function withInput(command: Command): Command {
  return command
    .option('-f, --file <path>', 'a file or folder of input, or - for stdin (repeatable)', collect, [])
    .option('--set <key=value>', 'turn one knob for this run (repeatable)', collect, []);
}

/** A flag that a tool would ignore is none of its flags: ping sends ICMP and has no ports, curl TCP. */
export type Tool = 'trace' | 'ping' | 'traceroute' | 'curl';

/** What a flow is, apart from its ends. */
export function withFlow(command: Command, tool: Tool = 'trace'): Command {
  if (tool === 'trace' || tool === 'traceroute')
    command.option(
      '--proto <protocol>',
      'tcp, udp, icmp, udplite or sctp; or another, without ports, by its name (gre, esp, ipencap...) or number',
      readProtocol,
      'tcp',
    );
  if (tool === 'trace' || tool === 'curl')
    command.option('--header <header>', 'a header of the request, as "Name: value" (repeatable)', readHeader);
  if (tool !== 'ping') command.option('--from-port <port>', 'source port', readPort);
  return command
    .option('--via-dns', 'resolve Services through DNS too, whatever the sender uses')
    .option('--no-dns', 'skip name resolution')
    .option('--size <bytes>', 'size of the IP packet', readSize)
    .option('--df', "set don't-fragment");
}

export function withWalk(command: Command, tool: Tool = 'trace'): Command {
  withFlow(withInput(command), tool);
  if (tool === 'trace' || tool === 'curl')
    command.option('--choice <policy>', 'all, first or seed:N', readChoice, { kind: 'all' });
  return command.addOption(
    new Option(
      '--plane <plane>',
      'where to walk: in the model, on the kernel in a lab of its own (root, Linux), or both and compare',
    )
      .choices(['sim', 'kernel', 'both'])
      .default('sim'),
  );
}

export const PORTED = ['tcp', 'udp', 'icmp', 'udplite', 'sctp'];
const ACCEPTED = [...PORTED, ...protocolNames().filter((name) => !PORTED.includes(name))].join(', ');

export function readProtocol(text: string): Protocol {
  const protocol = parseProtocol(text.toLowerCase());
  if (protocol === undefined) throw new InvalidArgumentError(`Expected ${ACCEPTED} or a number below 256.`);
  return protocol;
}

function readHeader(text: string, previous: HttpRequest['headers'] = []): HttpRequest['headers'] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected a header such as "X-Forwarded-For: 203.0.113.9".');
  return [...previous, { name, value }];
}

export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535)
    throw new InvalidArgumentError('Expected a port from 1 to 65535.');
  return port;
}

export function readChoice(text: string): ChoicePolicy {
  if (text === 'all' || text === 'first') return { kind: text };
  const seed = /^seed:(\d+)$/.exec(text)?.[1];
  if (seed === undefined) throw new InvalidArgumentError('Expected all, first or seed:N.');
  return { kind: 'seed', seed: Number(seed) };
}

function readSize(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 28 || size > 65535) throw new InvalidArgumentError('Expected 28 to 65535 bytes.');
  return size;
}
