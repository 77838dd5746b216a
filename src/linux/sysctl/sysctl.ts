import type { Issue, Parsed } from '../../base/index.ts';

/**
 * `sysctl -a` or /etc/sysctl.d lines (sysctl(8), sysctl.d(5)): `name = value`, `name=value`, slashes or dots. Where a name
 * is written with slashes, dots in it belong to a device's name and become slashes, as sysctl -a prints them.
 */
export function parseSysctl(text: string, file: string): Parsed<Map<string, string>> {
  const issues: Issue[] = [];
  const value = new Map<string, string>();
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) return;
    const equals = trimmed.indexOf('=');
    const name = trimmed.slice(0, equals).trim().replace(/^-/, '');
    if (equals < 1 || !/^[^\s]+$/.test(name)) {
      // `sysctl -a` mixes the complaints of unreadable keys into what it prints.
      const severity = trimmed.startsWith('sysctl:') ? 'warning' : 'error';
      issues.push({
        code: 'bad-sysctl',
        severity,
        at: { file, line: index + 1 },
        message: `Not a sysctl: "${trimmed.slice(0, 80)}"`,
        expected: 'expected "name = value"',
      });
      return;
    }
    value.set(dotted(name), trimmed.slice(equals + 1).trim());
  });
  return { value, issues };
}

function dotted(name: string): string {
  const slash = name.indexOf('/');
  const dot = name.indexOf('.');
  if (slash < 0 || (dot >= 0 && dot < slash)) return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

/** `name = value` lines in name order. */
export const printSysctl = (sysctls: ReadonlyMap<string, string>): string =>
  [...sysctls]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
