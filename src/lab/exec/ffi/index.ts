export { type ConnectOptions, connectTcp } from './connect.ts';
export * as abi from './constants.ts';
export { SystemError, Unavailable } from './errors.ts';
export { check, type Libc, libc } from './libc.ts';
export {
  createNetns,
  currentNetns,
  enterSandbox,
  type NetnsHandle,
  netnsInode,
  netnsPath,
  withNetns,
} from './netns.ts';
export {
  bindTo,
  bindUdp,
  boundPort,
  closeSocket,
  getOption,
  int32,
  ipBytes,
  listenTcp,
  ownName,
  receive,
  sendTo,
  setOption,
  sockaddr,
  sockaddrLink,
  socketIn,
} from './sockets.ts';
