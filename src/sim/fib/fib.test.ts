import { describe, expect, test } from 'vitest';
import { FIB_CASES } from '../../../test/sim/fib/cases.ts';
import { askModel } from '../../../test/sim/fib/model.ts';
import { fibNetns } from '../../../test/sim/fib/namespace.ts';

/** The rows test/kernel/fib.test.ts asks the running kernel. */
for (const each of FIB_CASES) {
  describe(each.what, () => {
    const netns = fibNetns(each);
    for (const [ask, answer] of each.rows) test(ask, () => expect(askModel(netns, ask)).toBe(answer));
  });
}
