import type { Parsed } from '../base/index.ts';
import type { ResolvConf } from './netns.ts';

/** resolv.conf(5): the last `search` or `domain` wins, `nameserver` and `options` add up. Other words are reported. */
export function parseResolvConf(text: string, file: string): Parsed<ResolvConf> {
  const nameservers: string[] = [];
  const options: string[] = [];
  let search: readonly string[] = [];
  const issues: { code: string; severity: 'warning'; at: { file: string; line: number }; message: string }[] = [];
  text.split('\n').forEach((line, index) => {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === '' || word.startsWith('#') || word.startsWith(';')) return;
    if (word === 'nameserver') nameservers.push(...rest.slice(0, 1));
    else if (word === 'search' || word === 'domain') search = rest;
    else if (word === 'options') options.push(...rest);
    else
      issues.push({
        code: 'bad-resolv-conf',
        severity: 'warning',
        at: { file, line: index + 1 },
        message: `Unknown word "${word.slice(0, 60)}"`,
      });
  });
  return { value: { nameservers, search, options }, issues };
}

/** In the order kubelet writes it: search, nameservers, options (pkg/kubelet/network/dns/dns.go). */
export function printResolvConf({ nameservers, search, options }: ResolvConf): string {
  const lines = [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
