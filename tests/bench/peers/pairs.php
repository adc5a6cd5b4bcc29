<?php
// SPDX-License-Identifier: MIT
//
// The graphs of pairs.c in PHP, which has no map of weak values: nothing finds the users by number.
// Usage: php pairs.php N [pairs|random|social]

const FIRST_EXPIRY = 1700000000000;

class User
{
    public $id, $name, $email, $sessions, $friend;
}

class Session
{
    public $id, $user, $data, $expires;
}

function resident()
{
    return (int) explode(' ', file_get_contents('/proc/self/statm'))[1] * 4096;
}

function say($name, $value, $unit)
{
    printf("%s %.1f %s\n", $name, $value, $unit);
}

function make_session($number, $i)
{
    $user = new User;
    $user->id = $number;
    $user->name = "u$i";
    $user->email = "u$i@example.com";
    $session = new Session;
    $session->id = $number;
    $session->user = $user;
    $session->data = [];
    $session->expires = FIRST_EXPIRY + $i;
    $user->sessions = [$session];
    return $session;
}

function make_pairs($pairs, $shape)
{
    $sessions = [];
    mt_srand(1);
    for ($i = 0; $i < $pairs; $i++) {
        $number = $shape === 'random' ? mt_rand() << 29 | mt_rand() >> 2 : $i;
        $sessions[$number] = make_session($number, $i);
    }
    if ($shape === 'social') {
        foreach ($sessions as $session) {
            $session->user->friend = $sessions[mt_rand(0, $pairs - 1)]->user;
        }
    }
    return $sessions;
}

function build($pairs, $shape)
{
    $before = resident();
    $started = hrtime(true);
    $sessions = make_pairs($pairs, $shape);
    say('build', (hrtime(true) - $started) / $pairs, 'ns');
    say('memory', (resident() - $before) / $pairs, 'B');
    return $sessions;
}

function measure($name, $action)
{
    $started = hrtime(true);
    $found = $action();
    say($name, hrtime(true) - $started, 'ns');
    return $found;
}

function end_some(&$sessions)
{
    foreach (array_keys($sessions) as $i => $number) {
        if ($i % 100 === 0) {
            unset($sessions[$number]);
        }
    }
    say('ended_found', measure('ended', 'gc_collect_cycles'), 'objects');
}

function end_all(&$sessions)
{
    $found = measure('all', function () use (&$sessions) {
        $sessions = [];
        return gc_collect_cycles();
    });
    say('all_found', $found, 'objects');
}

ini_set('memory_limit', '-1');
gc_disable(); // roots are written down nevertheless
$pairs = (int) $argv[1];
$sessions = build($pairs, $argv[2] ?? 'pairs');
measure('first', 'gc_collect_cycles');
measure('again', 'gc_collect_cycles');
end_some($sessions);
end_all($sessions);
