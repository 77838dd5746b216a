/**
 * The txtar archive format (golang.org/x/tools/txtar): a comment, then files introduced by `-- name --` lines.
 * Used by `test/scenarios/*.txtar`: inputs, commands and expected text in one file.
 */
export interface Txtar {
  readonly comment: string;
  readonly files: ReadonlyMap<string, string>;
}

const marker = /^-- (.+) --$/;

export function parseTxtar(text: string): Txtar {
  const files = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  let name: string | undefined;
  let body: string[] = [];
  let comment = '';
  const flush = (): void => {
    const joined = body.map((line) => `${line}\n`).join('');
    if (name === undefined) comment = joined;
    else files.set(name, joined);
    body = [];
  };
  for (const line of lines) {
    const found = marker.exec(line)?.[1];
    if (found === undefined) {
      body.push(line);
      continue;
    }
    flush();
    name = found.trim();
  }
  flush();
  return { comment, files };
}

export function formatTxtar(archive: Txtar): string {
  return archive.comment + [...archive.files].map(([name, body]) => `-- ${name} --\n${withNewline(body)}`).join('');
}

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
