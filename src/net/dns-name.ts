/** A host name as names are compared: without the last dot, in lower case (RFC 4343). */
export const plainName = (name: string): string => name.replace(/\.$/, '').toLowerCase();
