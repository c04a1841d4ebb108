# The reporter channel, protocol 2 (docs/adapters.md), for conversion steps. Perl's own core (perl-base) suffices, which
# every Debian image has. No user code runs in this process.
use strict;
use warnings;
use Fcntl;

sub give_up {
    print STDERR "cloche: the reporter channel $_[0]\n";
    exit 70;
}

# Returns report->(TAG, text => ..., mode => ..., label => ..., ms => ...).
sub connect_channel {
    my $number = delete $ENV{CLOCHE_CHANNEL};
    give_up('is missing: this program is run by cloche') unless defined $number;
    open my $answers, '<&=', $number or give_up("cannot be read: $!");
    open my $events, '>&=', $number + 1 or give_up("cannot be written: $!");
    fcntl $_, F_SETFD, FD_CLOEXEC for $answers, $events;
    my $greeting = '';
    until ($greeting =~ /\n\z/) {
        sysread($answers, $greeting, 1, length $greeting) or give_up('did not greet');
    }
    my ($nonce) = $greeting =~ /\Acloche 2 ([0-9a-f]{32})\n\z/ or give_up('does not speak protocol 2');
    return sub {
        my ($tag, %field) = @_;
        my @fields = map { defined $field{$_} ? $field{$_} : '' } qw(text mode label ms);
        my $event = join(' ', $nonce, $tag, 1, map { length } @fields) . "\n" . join('', @fields);
        while (length $event) {
            my $count = syswrite $events, $event or give_up('is closed');
            substr($event, 0, $count) = '';
        }
        sysread($answers, my $answer, 1) or give_up('is closed');
    };
}

# The bytes of the report that the tests left behind: at most 16 MiB of a regular file.
sub read_report {
    my ($path) = @_;
    sysopen my $file, $path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or fail_report("$path: $!");
    fail_report("$path is no regular file") unless -f $file;
    fail_report("$path has more than 16 MiB") if -s $file > 16 << 20;
    binmode $file;
    local $/;
    my $bytes = <$file>;
    return defined $bytes ? $bytes : '';
}

# Ends the step without END: the report has not passed.
sub fail_report {
    print STDERR "The report of the tests is not complete: $_[0]\n";
    exit 1;
}

1;
