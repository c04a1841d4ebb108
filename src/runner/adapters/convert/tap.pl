# tap.pl FILE: reports the tests of a file in the Test Anything Protocol, with subtests and diagnostics.
use strict;
use warnings;
use File::Basename;
require(dirname(__FILE__) . '/channel.pl');

use constant DEEPEST => 50;

# One level of indentation: its points, its plan and the subtests that wait for their point.
sub new_level { return { points => [], plan => undef } }

sub parse {
    my ($text) = @_;
    my @levels = (new_level());
    my $yaml;         # the indentation of an open YAML block
    for my $line (split /\r?\n/, $text) {
        my ($indent, $rest) = $line =~ /\A( *)(.*)\z/;
        my $depth = int(length($indent) / 4);
        my $point = $levels[-1]{points}[-1];
        if (defined $yaml) {
            if ($rest eq '...' && $indent eq $yaml) { undef $yaml }
            else { $point->{diagnostics} .= substr($line, length($yaml) < length($indent) ? length $yaml : length $indent) . "\n" }
            next;
        }
        if ($rest =~ /\A(not )?ok\b *([0-9]*) *(.*)\z/) {
            my ($bad, $name) = ($1, $3);
            next if $depth > DEEPEST;
            push @levels, new_level() while $#levels < $depth;
            my $subtests;
            $subtests = pop @levels while $#levels > $depth;
            my ($directive, $reason) = $name =~ s/(?<!\\)\s*# *(SKIP|TODO)\S*\s*(.*)\z//i ? (uc $1, $2) : ('', '');
            $name =~ s/\A- *//;
            $name =~ s/\\([#\\])/$1/g;
            push @{ $levels[-1]{points} }, { bad => $bad, name => $name, directive => $directive, reason => $reason,
                subtests => $subtests, diagnostics => '' };
        } elsif ($rest =~ /\A1\.\.([0-9]{1,9}) *(?:#.*)?\z/) {
            next if $depth > DEEPEST;
            push @levels, new_level() while $#levels < $depth;
            $levels[$depth]{plan} = $1;
        } elsif ($rest eq '---' && $point && length($indent) == 4 * $#levels + 2) {
            $yaml = $indent;
        } elsif ($rest =~ /\A# ?(.*)\z/ && $point && $point->{bad} && $depth == $#levels) {
            $point->{diagnostics} .= "$1\n";
        } elsif ($rest =~ /\ABail out! *(.*)\z/) {
            $levels[0]{bail} = $1;
            last;
        }
    }
    return $levels[0];
}

sub check {
    my ($level) = @_;
    my $count = @{ $level->{points} };
    fail_report('a plan (1..N) is missing') unless defined $level->{plan};
    fail_report("$count tests of $level->{plan} are in it") if $count != $level->{plan};
    $_->{subtests} && check($_->{subtests}) for @{ $level->{points} };
}

sub report_level {
    my ($report, $level) = @_;
    for my $point (@{ $level->{points} }) {
        my $name = length $point->{name} ? $point->{name} : 'a test without a name';
        my ($ms) = $point->{diagnostics} =~ /^duration_ms: *([0-9.]+) *$/m;
        if ($point->{subtests}) {
            $report->('DESCRIBE', text => $name);
            report_level($report, $point->{subtests});
            # The point fails although its subtests passed: something between them did.
            report_point($report, $point) if $point->{bad} && !grep { $_->{bad} } @{ $point->{subtests}{points} };
        } else {
            $report->('IT', text => $name);
            report_point($report, $point);
        }
        $report->('COMPLETEDIN', text => defined $ms ? $ms : '', ms => $ms);
    }
}

sub report_point {
    my ($report, $point) = @_;
    return $report->('SKIPPED', text => $point->{reason}) if $point->{directive};
    return $report->('PASSED', text => 'Test Passed') unless $point->{bad};
    my ($message) = $point->{diagnostics} =~ /^message: *['"]?(.*?)['"]? *$/m;
    $report->('FAILED', text => defined $message ? $message : 'Test Failed');
    $report->('LOG', text => $point->{diagnostics} =~ s/\n\z//r, mode => 'ESC', label => 'Diagnostics')
        if length $point->{diagnostics};
}

my $report = connect_channel();
my $level = parse(read_report($ARGV[0]));
check($level) unless defined $level->{bail};
report_level($report, $level);
$report->('ERROR', text => "Bail out! $level->{bail}") if defined $level->{bail};
$report->('END');
