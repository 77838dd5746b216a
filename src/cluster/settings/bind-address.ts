import { ip, parseIp } from '../../net/index.ts';
import type { BindAddress } from '../cluster.ts';

/**
 * `0.0.0.0:10249`, `[::1]:10249`, `:61679`, as Go's net.Listen("tcp", ...) takes them: the unspecified address of either
 * family is every address of both (net/ipsock_posix.go, favoriteAddrFamily). With `port` an address alone will do
 * (pkg/proxy/util, AppendPortIfNeeded).
 */
export function parseBindAddress(text: string, port?: number): BindAddress | undefined {
  const alone = port === undefined ? undefined : parseIp(text);
  if (alone !== undefined && port !== undefined) return { local: everyIfUnspecified(alone), port };
  const found = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (found === null) return undefined;
  const host = found[1] ?? found[2] ?? '';
  const number = Number(found[3]);
  if (number < 1 || number > LAST_PORT) return undefined;
  if (host === '') return { local: '*', port: number };
  const local = host === 'localhost' ? LOCALHOST : parseIp(host);
  return local === undefined ? undefined : { local: everyIfUnspecified(local), port: number };
}

const LAST_PORT = 65_535;
const LOCALHOST = ip('127.0.0.1');

const everyIfUnspecified = (local: BindAddress['local']): BindAddress['local'] =>
  local === '0.0.0.0' || local === '::' ? '*' : local;
