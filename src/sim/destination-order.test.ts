import { describe, expect, test } from 'vitest';
import { ORDER_CASES } from '../../test/sim/destination-order-cases.ts';
import { modelOrder } from '../../test/sim/destination-order-model.ts';
import { ip } from '../net/index.ts';
import { type Destination, orderDestinations } from './destination-order.ts';

describe('destination address selection', () => {
  for (const each of ORDER_CASES)
    test.each(each.rows)(`${each.what}: %s`, (listed, sorted) => {
      expect(modelOrder(each, listed)).toBe(sorted);
    });
});

describe('what may be first', () => {
  const to = (address: string, source?: string, prefixlen = 24): Destination => ({
    address: ip(address),
    source: source === undefined ? undefined : { address: ip(source), prefixlen },
  });
  const NEAR = to('10.0.1.7', '10.0.1.1');
  const FAR = to('10.0.2.7', '10.0.1.1');
  const FARTHER = to('10.0.3.7', '10.0.1.1');
  const IPV6 = to('2001:db8::7', '2001:db8:9::1', 64);
  test.each<[string, readonly Destination[], string, number | undefined]>([
    ['all that no rule tells apart', [FARTHER, FAR], '10.0.3.7 10.0.2.7', undefined],
    ['one, and the rule that put it there', [FARTHER, FAR, NEAR], '10.0.1.7', 9],
    ['the rule is that over the next one', [FARTHER, NEAR, IPV6], '2001:db8::7', 6],
    ['several of one family', [FARTHER, IPV6, FAR, to('2001:db8::8')], '2001:db8::7', 6],
    ['none has a source: still a choice', [to('10.0.1.7'), to('2001:db8::8')], '2001:db8::8', 6],
    ['one that is listed twice is one', [NEAR, NEAR], '10.0.1.7', undefined],
    ['nothing', [], '', undefined],
  ])('%s', (_, destinations, first, rule) => {
    expect(orderDestinations(destinations)).toMatchObject({ first: first === '' ? [] : first.split(' '), rule });
  });
});
