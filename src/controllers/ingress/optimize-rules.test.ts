import { describe, expect, test } from 'vitest';
import { ingress, listeners, service } from '../../../test/controllers/ingresses.ts';

const services = [service('web'), service('api'), service('beta')];
const rules = (...documents: readonly string[]): readonly string[] => listeners(...services, ...documents);

describe('redirects and regular expressions', () => {
  const UP = {
    'listen-ports': '[{"HTTPS": 443}]',
    'use-regex-path-match': 'true',
    'actions.up': '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}',
  };
  const HOSTS = '[{"field":"host-header","hostHeaderConfig":{"regexValues":["^a"]}}]';
  const priorities = (annotations: Readonly<Record<string, string>>, ...paths: readonly string[]): readonly string[] =>
    rules(ingress('i', { ...UP, ...annotations }, [['', ...paths]])).map((line) => line.split(' → ')[0] ?? '');
  test('no rule with a regex path is taken to lead back', () =>
    expect(priorities({}, '- /^/a up:use-annotation', 'Exact /a web')).toEqual([
      'HTTPS:443 1 path-pattern[/a]',
      'HTTPS:443 2 path-regex[^/a]',
      'HTTPS:443 default',
    ]));
  test('it covers the same regex, and nothing else', () =>
    expect(priorities({}, '- /^/a up:use-annotation', '- /^/a web', '- /^/a/b web')).toEqual([
      'HTTPS:443 1 path-regex[^/a]',
      'HTTPS:443 2 path-regex[^/a/b]',
      'HTTPS:443 default',
    ]));
  test('a regex of a host is not compared: alone, it is as good as none', () => {
    const away = { 'actions.up': UP['actions.up'].replace('443', '8443'), 'conditions.up': HOSTS };
    expect(priorities(away, '- /^/a up:use-annotation', '- /^/a web')).toEqual([
      'HTTPS:443 1 host-regex[^a] path-regex[^/a]',
      'HTTPS:443 default',
    ]);
  });
});
