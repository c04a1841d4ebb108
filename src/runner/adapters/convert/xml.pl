# xml.pl FILE: reports the tests of a file of JUnit XML or NUnit XML (versions 2 and 3).
use strict;
use warnings;
use File::Basename;
require(dirname(__FILE__) . '/channel.pl');

use constant DEEPEST => 100;

my %ENTITIES = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'");

# The text that an entity stands for, in UTF-8.
sub entity {
    my ($name) = @_;
    my $code = $name =~ /\A#x([0-9a-fA-F]{1,6})\z/ ? hex $1 : $name =~ /\A#([0-9]{1,7})\z/ ? $1 : undef;
    return $ENTITIES{$name} // "&$name;" unless defined $code;
    my $text = $code > 0x10ffff ? "\x{fffd}" : chr $code;
    utf8::encode($text);
    return $text;
}

sub decoded { return $_[0] =~ s/&([^;&\s]{1,10});/entity($1)/ger }

# The root element: {name, attributes, children, text}.
sub parse {
    my ($xml) = @_;
    my $root = { name => '', children => [], text => '' };
    my @open = ($root);
    while ($xml =~ /\G(?:<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>|<![^>]*>|<(\/?)([^\s\/>]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+))/gcs) {
        my ($cdata, $end, $name, $attributes, $empty, $text) = ($1, $2, $3, $4, $5, $6);
        $open[-1]{text} .= $cdata if defined $cdata;
        $open[-1]{text} .= decoded($text) if defined $text;
        next unless defined $name;
        if ($end) {
            fail_report("</$name> has no beginning") if @open < 2 || $open[-1]{name} ne $name;
            pop @open;
            next;
        }
        my %values;
        $values{$1} = decoded($2 // $3) while $attributes =~ /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
        my $element = { name => $name, attributes => \%values, children => [], text => '' };
        push @{ $open[-1]{children} }, $element;
        next if $empty;
        fail_report('its elements are nested more than ' . DEEPEST . ' deep') if @open > DEEPEST;
        push @open, $element;
    }
    fail_report('it ends or breaks off at byte ' . (pos($xml) // 0)) if (pos($xml) // 0) < length $xml || @open > 1;
    fail_report('it has no element') unless @{ $root->{children} };
    return $root;
}

sub child {
    my ($element, @names) = @_;
    my ($found) = grep { my $name = $_->{name}; grep { $_ eq $name } @names } @{ $element->{children} };
    return $found;
}

# The duration in milliseconds; the documents have seconds.
sub milliseconds {
    my ($element) = @_;
    my $seconds = $element->{attributes}{time} // $element->{attributes}{duration} // '';
    return $seconds =~ /\A[0-9]+(?:\.[0-9]+)?\z/ ? sprintf '%.4f', $seconds * 1000 : undef;
}

my $report = connect_channel();

sub completed {
    my ($ms) = @_;
    $report->('COMPLETEDIN', text => $ms, ms => $ms);
}

# A failure or error of either format: its message, then its trace as a log.
sub report_problem {
    my ($tag, $element) = @_;
    my $message = $element->{attributes}{message} // (child($element, 'message') // {})->{text} // '';
    my $trace = (child($element, 'stack-trace') // $element)->{text};
    s/\A\s+|\s+\z//g for $message, $trace;
    $report->($tag, text => length $message ? $message : length $trace ? $trace : 'Test Failed');
    $report->('LOG', text => $trace, mode => 'ESC', label => 'Traceback') if length $message && length $trace;
}

sub report_test {
    my ($test) = @_;
    my %attributes = %{ $test->{attributes} };
    $report->('IT', text => $attributes{name} // 'a test without a name');
    my $out = child($test, 'system-out', 'output');
    $report->('LOG', text => $out->{text}, label => 'Output') if $out && $out->{text} =~ /\S/;
    my $result = $attributes{result} // '';
    my ($failure, $error, $skipped) = (child($test, 'failure'), child($test, 'error'), child($test, 'skipped', 'reason'));
    if ($error) { report_problem('ERROR', $error) }
    elsif ($failure) { report_problem($result eq 'Error' ? 'ERROR' : 'FAILED', $failure) }
    elsif ($skipped || $result =~ /\A(?:Skipped|Ignored|Inconclusive|NotRunnable)\z/ || lc($attributes{executed} // '') eq 'false') {
        my $reason = $skipped ? $skipped->{attributes}{message} // (child($skipped, 'message') // $skipped)->{text} : '';
        $report->('SKIPPED', text => $reason =~ s/\A\s+|\s+\z//gr);
    }
    elsif ($result =~ /\A(?:Failed|Failure|Error)\z/) { $report->('FAILED', text => 'Test Failed') }
    else { $report->('PASSED', text => 'Test Passed') }
    completed(milliseconds($test));
}

sub report_elements {
    my ($element) = @_;
    for my $inner (@{ $element->{children} }) {
        if ($inner->{name} eq 'testcase' || $inner->{name} eq 'test-case') { report_test($inner) }
        elsif ($inner->{name} eq 'testsuite' || $inner->{name} eq 'test-suite') {
            my $name = $inner->{attributes}{name} // '';
            $report->('DESCRIBE', text => length $name ? $name : 'a suite without a name');
            report_elements($inner);
            completed(milliseconds($inner));
        }
        elsif ($inner->{name} =~ /\A(?:testsuites|test-results|test-run|results)\z/) { report_elements($inner) }
    }
}

report_elements(parse(read_report($ARGV[0])));
$report->('END');
