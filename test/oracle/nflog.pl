# Prints the prefix of every packet that the kernel logs to netlink group 0: what nf_log_packet says where
# net.netfilter.nf_log.N is nfnetlink_log, one line a packet.
use strict;
use Socket;
$| = 1;
use constant { NETFILTER => 12, CONFIG => (4 << 8) | 1, ACK_REQUEST => 5, PREFIX => 10 };
socket(my $s, 16, SOCK_RAW, NETFILTER) or die $!;
bind($s, pack('SSLL', 16, 0, 0, 0)) or die $!;

sub attribute { my ($type, $data) = @_; my $n = 4 + length $data; return pack('SS', $n, $type) . $data . ("\0" x ((4 - $n % 4) % 4)) }

sub configure {
    my $body = pack('CCn', 2, 0, 0) . shift;
    defined(send($s, pack('LSSLL', 16 + length $body, CONFIG, ACK_REQUEST, 1, 0) . $body, 0, pack('SSLL', 16, 0, 0, 0))) or die $!;
    recv($s, my $answer, 65536, 0);
    my $errno = unpack('l', substr($answer, 16, 4));
    warn "refused: $errno\n" if $errno;
}
configure(attribute(1, pack('C', 1)));              # bind to the group
configure(attribute(2, pack('NCC', 65535, 2, 0)));  # whole packets
configure(attribute(5, pack('N', 1)));              # one by one
configure(attribute(4, pack('N', 1)));              # at once

while (defined recv($s, my $buffer, 65536, 0)) {
    for (my $at = 0; $at + 16 <= length $buffer;) {
        my $length = unpack('L', substr($buffer, $at, 4));
        last if $length < 16;
        for (my $a = 20; $a + 4 <= $length;) {
            my ($n, $type) = unpack('SS', substr($buffer, $at + $a, 4));
            last if $n < 4;
            if (($type & 0x7fff) == PREFIX) {
                my $text = substr($buffer, $at + $a + 4, $n - 4);
                $text =~ s/\0$//;
                $text =~ s/\n/\\n/g;
                print "$text\n";
            }
            $a += ($n + 3) & ~3;
        }
        $at += ($length + 3) & ~3;
    }
}
