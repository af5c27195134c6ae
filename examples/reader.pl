#!/usr/bin/env perl
# The version of a URL that stood at a moment, out of an archive in a folder, by docs/format.md alone:
#
#     reader.pl ARCHIVE URL 2026-11-22T12:00:00Z
#
# prints the snapshot document; on stderr, the version's number and key. Exit code 1 where nothing stood.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP qw(decode_json);
use Time::Local qw(timegm_modern);

my ($archive, $url, $time) = @ARGV;
die "usage: reader.pl ARCHIVE URL TIME\n" unless defined $time;
my $marker = decode_json(content("$archive/archive.json"));
die "not an archive that this reader knows\n" unless $marker->{format} eq 'broadsheet.archive/1';

# "Reading": oldest first, without neighbours that are equal; the last whose time is not after the moment stands.
my $latest = 10**13 - milliseconds($time);
my $hash = substr(sha256_hex(identity($url)), 0, 32);
my @names = map { m{([^/]+)\.json$} } glob sprintf '"%s"/snapshot/%s/%s/*.json', $archive, substr($hash, 0, 2), $hash;
my ($number, $standing, $before) = (0, undef, '');
for my $name (sort { inverted($b) <=> inverted($a) or $a cmp $b } @names) {
    my $content = (split /-/, $name)[1];
    next if $content eq $before;
    last if inverted($name) < $latest;
    ($number, $standing, $before) = ($number + 1, $name, $content);
}
die "nothing is archived for $url at $time\n" unless $standing;

my $key = sprintf 'snapshot/%s/%s/%s.json', substr($hash, 0, 2), $hash, $standing;
my $document = content("$archive/$key");
die "$key is damaged\n" unless substr(sha256_hex($document), 0, 16) eq (split /-/, $standing)[2];
print $document;
print STDERR "version $number: $key\n";

# "Identity", for URLs that are in normal form but for the host's case, the port and tracking parameters.
sub identity {
    my ($scheme, $host, $port, $path, $query) = $_[0] =~ m{^(https?)://([^/?#:]+)(:\d+)?([^?#]*)\??([^#]*)} or die "no URL: $_[0]\n";
    $host = lc $host;
    $host =~ s/^www\d*\.(?=[^.]+\.)//;
    $port = '' if !defined $port or $port eq ($scheme eq 'https' ? ':443' : ':80');
    $query = join '&', grep { !/^(utm_\w+|fbclid|gclid)(=|$)/i } split /&/, $query, -1;
    return $host . $port . ($path || '/') . ($query ne '' ? "?$query" : '');
}

sub inverted { return (split /-/, $_[0])[0] }

sub milliseconds {
    my ($year, $month, $day, $hour, $minute, $second, $fraction) =
        $_[0] =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z$/ or die "no moment in UTC: $_[0]\n";
    return 1000 * timegm_modern($second, $minute, $hour, $day, $month - 1, $year) + substr(($fraction // '') . '000', 0, 3);
}

sub content { open my $file, '<:raw', $_[0] or die "$_[0]: $!\n"; local $/; return scalar <$file> }
