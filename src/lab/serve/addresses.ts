import { type Ip, ip, parseIp } from '../../net/index.ts';

const NOWHERE = ip('0.0.0.0');

/** An address as Node prints it: a dual-stack socket shows IPv4 as `::ffff:10.0.1.51`, a link-local one has its device. */
export function ipOf(text: string | undefined): Ip {
  const plain = (text ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return parseIp(plain) ?? NOWHERE; // a connection that is gone has no address any more
}
