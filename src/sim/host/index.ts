export { acceptsAnswer } from './accepts-answer.ts';
export { createHost } from './create-host.ts';
export { ownTtl } from './icmp-error.ts';
export { openSocket, ownsSocket } from './open-socket.ts';
export { chooseSource } from './output-route.ts';
export { receive } from './receive.ts';
export { type SendOptions, send } from './send.ts';
