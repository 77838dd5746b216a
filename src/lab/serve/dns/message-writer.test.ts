import { expect, test } from 'vitest';
import { MessageWriter } from './message-writer.ts';

const label = (text: string): Buffer => Buffer.from([text.length, ...Buffer.from(text)]);
const written = (act: (writer: MessageWriter) => void): string => {
  const writer = new MessageWriter(true);
  act(writer);
  return writer.message().toString('latin1');
};
const A_QUESTION = Buffer.from([0, 0, 1, 0, 1]);

test('a name points back to the longest part that is there already', () => {
  const text = written((writer) => {
    writer.name('web.shop.svc');
    writer.name('db.shop.svc.');
    writer.name('web.shop.svc');
  });
  expect(text).toBe('\x03web\x04shop\x03svc\0' + '\x02db\xc0\x04' + '\xc0\x00');
});

test('a name may point into the question; one whose label holds a dot is another name', () => {
  const plain = Buffer.concat([label('shop'), label('svc'), A_QUESTION]);
  expect(written((writer) => (writer.question(plain), writer.name('svc'))).slice(plain.length)).toBe('\xc0\x05');
  const dotted = Buffer.concat([label('shop.svc'), A_QUESTION]);
  const after = written((writer) => (writer.question(dotted), writer.name('shop.svc'))).slice(dotted.length);
  expect(after).toBe('\x04shop\x03svc\0');
});

test('the target of an SRV record is written out (RFC 2782)', () => {
  const target = 'db.svc';
  const text = written((writer) => {
    writer.name(target);
    writer.record({ name: target, type: 'SRV', ttl: 5, priority: 0, weight: 100, port: 80, target }, 0);
  });
  expect(text.endsWith('\x02db\x03svc\0')).toBe(true);
});

test('what is longer than a name may be does not run over', () => {
  const text = written((writer) => writer.name(`${'a'.repeat(70)}.${'b.'.repeat(5000)}`));
  expect(text.length).toBeLessThan(256);
});
