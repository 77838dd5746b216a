import { didYouMean } from '../../base/index.ts';
import type { Said } from './agreement.ts';

interface Check {
  readonly isRight: (text: string) => boolean;
  readonly expected: string;
  readonly words?: readonly string[];
}

const from = (min: number, max: number, ...also: readonly number[]): Check => ({
  isRight: (text) =>
    /^\d+$/.test(text) && ((Number(text) >= min && Number(text) <= max) || also.includes(Number(text))),
  expected: `${also.map((each) => `${each} or `).join('')}a whole number from ${min} to ${max}`,
});
const among = (...words: readonly string[]): Check => ({
  isRight: (text) => words.includes(text),
  expected: words.map((each) => `"${each}"`).join(', '),
  words,
});
const SWITCH = among('true', 'false');
const WEEK = 604_800;

type Checks = Readonly<Record<string, Check>>;

/** ELBv2 refuses the others, and the controller stops where it does (ELBv2 API, LoadBalancerAttribute; pkg/deploy/elbv2). */
export const LOAD_BALANCER_VALUES: Checks = {
  'access_logs.s3.enabled': SWITCH,
  'client_keep_alive.seconds': from(60, WEEK),
  'connection_logs.s3.enabled': SWITCH,
  'deletion_protection.enabled': SWITCH,
  'idle_timeout.timeout_seconds': from(1, 4000),
  'routing.http.desync_mitigation_mode': among('monitor', 'defensive', 'strictest'),
  'routing.http.drop_invalid_header_fields.enabled': SWITCH,
  'routing.http.preserve_host_header.enabled': SWITCH,
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': SWITCH,
  'routing.http.xff_client_port.enabled': SWITCH,
  'routing.http.xff_header_processing.mode': among('append', 'preserve', 'remove'),
  'routing.http2.enabled': SWITCH,
  'waf.fail_open.enabled': SWITCH,
};

/** The same of a target group of HTTP (ELBv2 API, TargetGroupAttribute). */
export const TARGET_GROUP_VALUES: Checks = {
  'deregistration_delay.timeout_seconds': from(0, 3600),
  'load_balancing.algorithm.anomaly_mitigation': among('on', 'off'),
  'load_balancing.algorithm.type': among('round_robin', 'least_outstanding_requests', 'weighted_random'),
  'load_balancing.cross_zone.enabled': among('true', 'false', 'use_load_balancer_configuration'),
  'slow_start.duration_seconds': from(30, 900, 0),
  'stickiness.app_cookie.duration_seconds': from(1, WEEK),
  'stickiness.enabled': SWITCH,
  'stickiness.lb_cookie.duration_seconds': from(1, WEEK),
  'stickiness.type': among('lb_cookie', 'app_cookie'),
};

/** Says of each value that is none where it stands. */
export function refuseValues(attributes: ReadonlyMap<string, Said<string>>, checks: Checks): void {
  for (const [name, { value, annotations, key }] of attributes) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined || check.isRight(value)) continue;
    const hint = check.words === undefined ? {} : didYouMean(value, check.words);
    annotations.complain(key, `${name}=${value}`, `${name} to be ${check.expected}`, hint);
  }
}
