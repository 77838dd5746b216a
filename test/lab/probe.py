"""Sends packets between the namespaces of a lab and prints what their senders and receivers saw, one JSON line a question.

`wait`: seconds until nothing counts as silence. Who expects an answer leaves it out: a machine may be slow."""
import ctypes, json, os, select, socket, struct, sys

libc = ctypes.CDLL(None)
ICMP = socket.IPPROTO_ICMP
PATIENCE = 60


def enter(netns):
    fd = os.open('/var/run/netns/' + netns, os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError('setns ' + netns)
    os.close(fd)


def opened(netns, *kind):
    enter(netns)
    return socket.socket(*kind)


def hear(raw):
    """The next ICMP error: type/code, who sent it, and the MTU it names."""
    try:
        data, peer = raw.recvfrom(2000)
    except OSError:
        return 'silence'
    said = '%d/%d from %s' % (data[20], data[21], peer[0])
    return said + (' mtu %d' % struct.unpack('!H', data[26:28]) if data[20:22] == b'\x03\x04' else '')


def tcp(ask):
    """Who took the connection, and the address it saw."""
    family = socket.AF_INET6 if ':' in ask['to'] else socket.AF_INET
    server = opened(ask['at'], family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('', ask.get('listen', ask['port'])))
    server.listen(5)
    server.settimeout(ask.get('wait', PATIENCE))
    client = opened(ask['from'], family, socket.SOCK_STREAM)
    if 'source' in ask:
        client.setsockopt(socket.IPPROTO_IPV6, 78, 1)
        client.bind((ask['source'], 0))
    client.settimeout(ask.get('wait', PATIENCE))
    try:
        client.connect((ask['to'], ask['port']))
        return 'sees %s:%d' % server.accept()[1][:2]
    except OSError as error:
        return str(error)


def hops(ask):
    """traceroute: who answers each TTL."""
    raw = opened(ask['from'], socket.AF_INET, socket.SOCK_RAW, ICMP)
    raw.settimeout(ask.get('wait', PATIENCE))
    found = []
    for ttl in range(1, 9):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        sender.sendto(b'x', (ask['to'], 33434))
        found.append(hear(raw))
        if found[-1].startswith('3/3'):
            break
    return found


def udp(ask):
    """One datagram: the TTL it arrives with, or what its sender hears. `spoof` is its source, `mac` where its frame goes."""
    raw = opened(ask['from'], socket.AF_INET, socket.SOCK_RAW, ICMP)
    raw.settimeout(ask.get('wait', PATIENCE))
    receiver = opened(ask['at'], socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.IPPROTO_IP, 12, 1)
    receiver.bind(('', 9))
    size = ask.get('size', 29)
    if 'spoof' in ask:
        sender = opened(ask['from'], socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        head = struct.pack('!BBHHHBBH', 0x45, 0, size, 7, 0, 64, 17, 0)
        packet = head + socket.inet_aton(ask['spoof']) + socket.inet_aton(ask['to']) + struct.pack('!HHHH', 7, 9, size - 20, 0)
        sender.sendto(packet + b'x' * (size - 28), (ask['to'], 0))
    else:
        sender = opened(ask['from'], socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ask.get('ttl', 64))
        sender.setsockopt(socket.IPPROTO_IP, 10, 3)
        sender.sendto(b'x' * (size - 28), (ask['to'], 9))
    ready = select.select([receiver, raw], [], [], ask.get('wait', PATIENCE))[0]
    if receiver not in ready:
        return hear(raw) if ready else 'silence'
    _, notes, _, peer = receiver.recvmsg(9999, 64)
    return 'arrives from %s ttl %d' % (peer[0], struct.unpack('i', notes[0][2])[0])


for each in json.load(sys.stdin):
    print(json.dumps({'tcp': tcp, 'hops': hops, 'udp': udp}[each['ask']](each)), flush=True)
