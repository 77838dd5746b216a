/** The line that takes back what a line of a plan did; undefined for what cannot or need not be taken back. */
export function invertLine(line: string): string | undefined {
  const words = line.split(' ');
  const [object, verb, ...rest] = words;
  switch (`${object} ${verb}`) {
    case 'addr add':
      return `addr del ${addressOf(rest)}`;
    case 'addr del':
      return `addr add ${rest.join(' ')}`;
    case 'route add':
    case 'route append':
      return `route del ${rest.join(' ')}`;
    case 'route del':
      return `route ${rest.some((word) => word.includes(':')) ? 'add' : 'append'} ${rest.join(' ')}`;
    case 'rule add':
      return `rule del ${rest.join(' ')}`;
    case 'rule del':
      return `rule add ${rest.join(' ')}`;
    case 'neigh replace':
      return `neigh del ${rest.slice(0, 3).join(' ')}`;
    case 'link property':
      return `link property del ${rest.slice(1).join(' ')}`;
    case 'link set':
      return invertSetting(rest);
    default:
      return undefined;
  }
}

/** `ip addr del` wants the address, its peer and the device. */
const addressOf = (words: readonly string[]): string => {
  const end = words[1] === 'peer' ? 3 : 1;
  return [...words.slice(0, end), ...words.slice(-2)].join(' ');
};

/** A device's setting goes back to what every device starts with. */
function invertSetting([, dev, setting]: readonly string[]): string | undefined {
  if (setting === 'up') return `link set dev ${dev} down`;
  const initial = { group: 'default', txqueuelen: '1000', mtu: '65536', arp: 'on' }[setting ?? ''];
  return initial === undefined ? undefined : `link set dev ${dev} ${setting} ${initial}`;
}
