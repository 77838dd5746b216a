import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { ORDER_CASES, type OrderCase } from '../sim/destination-order-cases.ts';
import { ipv6Off } from '../sim/destination-order-model.ts';
import { fibScript } from '../sim/fib/namespace.ts';
import { inNetns, kernelTest } from './kernel.ts';

/** How this machine's C library sorts the addresses of a name, with the routes of a namespace and a hosts file of its own. */
function onLibrary({ what, given = [], ipv4Only, rows }: OrderCase): readonly string[] {
  const asks = rows.map(([listed]) => {
    const lines = ['127.0.0.1 localhost', ...listed.split(' ').map((address) => `${address} many`)];
    return `printf '${lines.join('\\n')}\\n' > /mnt/hosts; echo @; getent ahosts many || true`;
  });
  const files = ['mount -t tmpfs none /mnt', ': > /mnt/hosts; mount --bind /mnt/hosts /etc/hosts'];
  const off = ipv6Off(ipv4Only === true ? ['all'] : []).map((key) => `sysctl -qw ${key}=1`);
  const script = [fibScript({ what, given, rows: [] }), ...off, ...files, ...asks];
  const text = inNetns(`unshare -m sh -ec '${script.join('\n').replaceAll("'", "'\\''")}'`);
  return text
    .split('@\n')
    .slice(1)
    .map((part) =>
      part
        .split('\n')
        .filter((line) => line.includes('STREAM'))
        .map((line) => line.split(' ')[0])
        .join(' '),
    );
}

const isGlibc = spawnSync('ldd', ['--version'], { encoding: 'utf8' }).stdout.includes('GLIBC');

describe.skipIf(!isGlibc)('the order of addresses as glibc sorts them', () => {
  for (const each of ORDER_CASES) {
    kernelTest(each.what, () => {
      expect(onLibrary(each)).toEqual(each.rows.map(([, sorted]) => sorted));
    });
  }
});
