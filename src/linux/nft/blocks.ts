/** A statement of a ruleset, or a block of them: `HEAD { ... }`. */
export interface Entry {
  /** What stands before the braces, or the statement: blanks and line ends in it are one blank each, outside quotes. */
  readonly head: string;
  /** Where it begins. */
  readonly line: number;
  /** Undefined: it is no block. */
  readonly body: readonly Entry[] | undefined;
  /** The lines between a block's braces, without comments. */
  raw(): readonly string[];
}

/** What is wrong with the text, and where. */
export type Complain = (line: number, message: string, expected: string) => void;

/**
 * The text as nft's own grammar takes it apart (src/parser_bison.y, stmt_separator): a statement ends with its line, at `;` or
 * before the `}` of its block; braces inside it and a `\` at the end of a line carry it on; `#` begins a comment.
 */
export function readEntries(text: string, complain: Complain): readonly Entry[] {
  return new Scanner(text, complain).entries(0);
}

/** Tables hold blocks, and those hold statements: braces deeper down are a statement's own. */
const DEPTH = 2;

/** A word, blanks, a string, a comment, the end of a line that goes on; one character else. */
const TOKEN = /[^\s;{}"#\\]+|[^\S\n]+|"[^"\n]*"|#[^\n]*|\\\r?\n|[\s\S]/y;

/** A statement as far as it was read. */
class Open {
  text = '';
  line = 0;
  braces = 0;

  add(token: string, line: number): void {
    if (this.text === '') this.line = line;
    this.text += token;
    if (token === '{') this.braces++;
    else if (token === '}') this.braces--;
  }

  blank(): void {
    if (this.text !== '' && !this.text.endsWith(' ')) this.text += ' ';
  }

  take(): string {
    const taken = this.text.trimEnd();
    this.text = '';
    this.braces = 0;
    return taken;
  }
}

class Scanner {
  private readonly text: string;
  private readonly complain: Complain;
  private readonly token = new RegExp(TOKEN);
  private line = 1;
  /** The text ended inside a block. */
  private unclosed = false;

  constructor(text: string, complain: Complain) {
    this.text = text;
    this.complain = complain;
  }

  /** Up to the end of the block, or of the text. */
  entries(depth: number): Entry[] {
    const found: Entry[] = [];
    const open = new Open();
    const end = (): void => {
      const head = open.take();
      if (head !== '') found.push({ head, line: open.line, body: undefined, raw: () => [] });
    };
    for (let token = this.next(); token !== undefined; token = this.next()) {
      const alone = open.braces === 0;
      if (token.endsWith('\n')) this.line++;
      if (alone && (token === '\n' || token === ';')) end();
      else if (alone && token === '}') {
        end();
        if (depth > 0) return found;
        this.complain(this.line, 'Unexpected "}"', 'a block that it ends');
      } else if (token === '{' && depth < DEPTH) {
        const line = open.text === '' ? this.line : open.line;
        found.push(this.block(open.take(), line, depth));
      } else if (token.trim() === '' || token.endsWith('\n')) open.blank();
      else open.add(token, this.line);
    }
    end();
    this.unclosed = depth > 0;
    return found;
  }

  /** Comments are left out. Behind the end a sticky expression would begin anew: there it is not asked. */
  private next(): string | undefined {
    while (this.token.lastIndex < this.text.length) {
      const found = this.token.exec(this.text)?.[0];
      if (found?.startsWith('#') !== true) return found;
    }
    return undefined;
  }

  private block(head: string, line: number, depth: number): Entry {
    const from = this.token.lastIndex;
    const body = this.entries(depth + 1);
    if (this.unclosed && depth === 0) this.complain(line, `Block "${head} {" does not end`, '"}"');
    const to = this.unclosed ? this.text.length : this.token.lastIndex - 1;
    return { head, line, body, raw: () => rawLines(this.text.slice(from, to)) };
  }
}

/** Without comments: `# handle 5`. A `#` inside quotes stays. */
const bare = (text: string): string => text.replace(/^((?:[^"#]|"[^"]*")*)#.*$/, '$1').trimEnd();

function rawLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map(bare)
    .filter((line) => line.trim() !== '');
}
