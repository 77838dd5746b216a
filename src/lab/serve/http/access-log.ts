import type { HttpReply, HttpRequest } from './messages.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/**
 * nginx's `combined` format (ngx_http_log_module): `$remote_addr - $remote_user [$time_local] "$request" $status
 * $body_bytes_sent "$http_referer" "$http_user_agent"`. The clock is the lab's, in UTC.
 */
export function accessLogLine(request: HttpRequest, { status, body }: HttpReply, at: Date): string {
  const header = (name: string): string => escaped(request.headers[name] ?? '') || '-';
  const line = escaped(`${request.method} ${request.target} HTTP/${request.version}`);
  const sent = request.method === 'HEAD' ? 0 : Buffer.byteLength(body);
  const user = escaped(remoteUser(request.headers['authorization'])) || '-';
  return `${request.client.ip} - ${user} [${timeLocal(at)}] "${line}" ${status} ${sent} "${header('referer')}" "${header('user-agent')}"`;
}

/** `21/Nov/2026:07:22:57 +0000` */
function timeLocal(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

/** The name of basic authentication (ngx_http_auth_basic_user). */
function remoteUser(authorization = ''): string {
  const encoded = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  return encoded === undefined ? '' : (Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? '');
}

/** `escape=default`: quote, backslash, control characters and everything beyond ASCII as \xXX. */
const escaped = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
