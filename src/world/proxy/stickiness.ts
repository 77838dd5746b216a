import type { ListenerAction, TargetGroup } from '../../fabric/index.ts';
import type { HttpRequest, Stickiness } from '../../trace/index.ts';

/**
 * What of a choice the client's later requests do not make again (ALB guide, sticky sessions): the target, by the cookie AWSALB,
 * or by AWSALBAPP once the target has set the cookie its group names; the target group, by AWSALBTG. Where there was one to
 * choose, nothing is kept that would not be so anyway.
 */
export function stickinessOf(
  { targetGroups, stickinessSeconds }: Extract<ListenerAction, { kind: 'forward' }>,
  { id: targetGroup, stickiness, stickinessCookie }: TargetGroup,
  targets: number,
): readonly Stickiness[] {
  const kept: Stickiness[] = [];
  if (stickinessSeconds !== undefined && targetGroups.filter(({ weight }) => weight > 0).length > 1)
    kept.push({ keeps: 'target-group', cookie: 'AWSALBTG', seconds: stickinessSeconds });
  if (stickinessCookie === undefined || targets < 2) return kept;
  const { name, seconds } = stickinessCookie;
  if (stickiness === 'lb_cookie') kept.push({ keeps: 'target', targetGroup, cookie: 'AWSALB', seconds });
  const targetSets = name === undefined ? {} : { targetSets: name };
  if (stickiness === 'app_cookie')
    kept.push({ keeps: 'target', targetGroup, cookie: 'AWSALBAPP', ...targetSets, seconds });
  return kept;
}

/** Of what is kept by cookie, that whose cookie the request brings: it names its target in a way only its load balancer reads. */
export const broughtBack = (kept: readonly Stickiness[], { headers }: HttpRequest): readonly Stickiness[] =>
  kept.filter(({ cookie }) => cookieNames(headers).some((name) => name === cookie || name.startsWith(`${cookie}-`)));

/** Cookies of a request: pairs, parted by semicolons (RFC 6265 4.2.1). */
const cookieNames = (headers: HttpRequest['headers']): readonly string[] =>
  headers
    .filter(({ name }) => name.toLowerCase() === 'cookie')
    .flatMap(({ value }) => value.split(';'))
    .map((pair) => pair.split('=', 1)[0]?.trim() ?? '');
