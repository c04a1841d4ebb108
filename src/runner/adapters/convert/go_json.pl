# go_json.pl FILE: reports the tests of a file that `go test -json` wrote (test2json): one flat JSON object a line.
use strict;
use warnings;
use File::Basename;
require(dirname(__FILE__) . '/channel.pl');

my %ESCAPES = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", '"' => '"', '\\' => '\\', '/' => '/');

# The text of a JSON string, in UTF-8.
sub text_of {
    my ($string) = @_;
    $string =~ s{\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})}
        {my $c = chr(0x10000 + ((hex($1) & 0x3ff) << 10) + (hex($2) & 0x3ff)); utf8::encode($c); $c}ge;
    $string =~ s{\\(?:u([0-9a-fA-F]{4})|(.))}{
        if (defined $1) { my $c = chr(hex($1) >= 0xd800 && hex($1) < 0xe000 ? 0xfffd : hex $1); utf8::encode($c); $c }
        else { $ESCAPES{$2} // $2 }}ge;
    return $string;
}

# One event, or nothing for a line that is none: what a test printed itself, for example.
sub event_of {
    my ($line) = @_;
    return unless $line =~ /\A\{.*\}\z/;
    my %event;
    $event{$1} = defined $2 ? text_of($2) : $3
        while $line =~ /"([A-Za-z]+)":(?:"((?:[^"\\]|\\.)*)"|(-?[0-9][0-9.eE+-]*|true|false|null))/g;
    return defined $event{Action} ? \%event : undef;
}

my (@order, %tests, %packages);
for my $line (split /\r?\n/, read_report($ARGV[0])) {
    my $event = event_of($line) or next;
    my ($action, $package, $name) = ($event->{Action}, $event->{Package} // '', $event->{Test});
    my $place = defined $name ? ($tests{$package}{$name} //= do {
        my $test = { name => $name, package => $package, output => '', inner => [] };
        my ($outer) = $name =~ m{\A(.*)/[^/]*\z};
        my $parent = defined $outer ? $tests{$package}{$outer} : undef;
        push @{ $parent ? $parent->{inner} : \@order }, $test;
        $test;
    }) : ($packages{$package} //= { output => '' });
    if ($action eq 'output') {
        my $output = $event->{Output} // '';
        $place->{output} .= $output unless $output =~ /\A\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:PASS|FAIL|SKIP):)/;
    } elsif ($action =~ /\A(?:pass|fail|skip)\z/) {
        $place->{result} = $action;
        $place->{ms} = sprintf '%.4f', $event->{Elapsed} * 1000 if ($event->{Elapsed} // '') =~ /\A[0-9.]+\z/;
    }
}
fail_report('it has no package') unless %packages;
defined $packages{$_}{result} or fail_report("the package $_ has no result") for sort keys %packages;

my $report = connect_channel();

sub report_test {
    my ($test) = @_;
    my ($own) = $test->{name} =~ m{([^/]*)\z};
    my $result = $test->{result} // 'none';
    my $output = $test->{output} =~ s/\s+\z//r;
    my @inner = @{ $test->{inner} };
    $report->(@inner ? 'DESCRIBE' : 'IT', text => $own);
    report_test($_) for @inner;
    if ($result eq 'skip') { $report->('SKIPPED', text => $output) unless @inner }
    elsif ($result eq 'pass') { $report->('PASSED', text => 'Test Passed') unless @inner }
    elsif ($result eq 'none') { $report->('ERROR', text => "The test did not end\n$output") }
    elsif (!@inner || !grep { ($_->{result} // '') ne 'pass' } @inner) {
        $report->('FAILED', text => length $output ? $output : 'Test Failed');
    }
    $report->('COMPLETEDIN', text => $test->{ms}, ms => $test->{ms});
}

report_test($_) for @order;
for my $package (sort keys %packages) {
    next if $packages{$package}{result} ne 'fail' || grep { ($_->{result} // '') ne 'pass' } values %{ $tests{$package} };
    my $output = $packages{$package}{output} =~ s/\s+\z//r;
    $report->('ERROR', text => "The tests of $package failed\n$output");
}
$report->('END');
