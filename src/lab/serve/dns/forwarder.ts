import { type Dns, isFromOutside } from '../../../fabric/index.ts';
import type { NetnsId } from '../../../linux/index.ts';
import { parseIp } from '../../../net/index.ts';
import { dnsOf, servesClusterNames, type World } from '../../../world/index.ts';
import type { NetnsHandle } from '../../exec/ffi/index.ts';
import { isAnsweredOutside } from './ask-outside.ts';
import { readQuery } from './read-query.ts';
import type { NameServer, Transport } from './respond.ts';

/** Whether somebody outside answers a question; undefined where the name server knows by itself. */
export type Forwarder = (
  server: NameServer,
  message: Buffer,
  protocol: Transport['protocol'],
) => Promise<boolean> | undefined;

const DNS = 53;

/**
 * A name server of the cluster asks the servers of its own resolv.conf for names outside and what aliases lead to there
 * (`forward . /etc/resolv.conf`), as the model walks it: what they would say it takes from the World, as they do, and that they
 * answer it hears. One that serves the cluster's own names is passed over, and without any nobody is asked.
 */
export function forwarderAt(world: World, netns: NetnsId, handle: NetnsHandle | undefined): Forwarder {
  const listed = (world.netns.get(netns)?.resolvConf?.nameservers ?? []).flatMap((each) => parseIp(each) ?? []);
  const servers = listed.filter((each) => !servesClusterNames(world, each, DNS));
  const dns: Dns = dnsOf(world, netns);
  return (server, message, protocol) => {
    const read = readQuery(message);
    if (handle === undefined || listed.length === 0 || read.kind !== 'query') return undefined;
    if (!isFromOutside(dns, server.answer(read.query.question))) return undefined;
    return isAnsweredOutside(handle, servers, message, protocol);
  };
}

/** The same server where nobody outside answers. */
export const withSilence = ({ serial, answer }: NameServer): NameServer => ({
  serial,
  answer: (question) => answer({ ...question, silent: true }),
});
