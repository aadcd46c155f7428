# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_da_global_optspecs
    string join \n server= profile= token-file= config-dir= ca-file= insecure-http timeout= json q/quiet no-color v/verbose h/help V/version
end

function __fish_da_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_da_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_da_using_subcommand
    set -l cmd (__fish_da_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c da -n "__fish_da_needs_command" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_needs_command" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_needs_command" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_needs_command" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_needs_command" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_needs_command" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_needs_command" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_needs_command" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_needs_command" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_needs_command" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_needs_command" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_needs_command" -s V -l version -d 'Print version'
complete -c da -n "__fish_da_needs_command" -f -a "login" -d 'Sign in and keep the token on this machine'
complete -c da -n "__fish_da_needs_command" -f -a "logout" -d 'End the session and forget the saved token'
complete -c da -n "__fish_da_needs_command" -f -a "whoami" -d 'Show who you are and which token says so'
complete -c da -n "__fish_da_needs_command" -f -a "import-token" -d 'Save a token that was made elsewhere'
complete -c da -n "__fish_da_needs_command" -f -a "pair" -d 'Give this machine a long-lived token that you approve elsewhere'
complete -c da -n "__fish_da_needs_command" -f -a "token" -d 'Create, list, show, rotate and revoke your tokens'
complete -c da -n "__fish_da_needs_command" -f -a "exec" -d 'Run a command with a short-lived token of your own, which ends with it'
complete -c da -n "__fish_da_needs_command" -f -a "credential" -d 'Hand short-lived tokens of your own to git and docker'
complete -c da -n "__fish_da_needs_command" -f -a "auth" -d 'Sign in and out, hold tokens, change passwords'
complete -c da -n "__fish_da_needs_command" -f -a "admin" -d 'Manage users, everybody\'s tokens, and the audit log'
complete -c da -n "__fish_da_needs_command" -f -a "profile" -d 'Keep several servers and accounts apart'
complete -c da -n "__fish_da_needs_command" -f -a "status" -d 'Show profile, server, account and token in force, and whether they work'
complete -c da -n "__fish_da_needs_command" -f -a "diagnose" -d 'Check connection, clock, token and files, and say what to do'
complete -c da -n "__fish_da_needs_command" -f -a "session" -d 'List and end your sign-ins'
complete -c da -n "__fish_da_needs_command" -f -a "setup" -d 'Set up this machine, or a new server'
complete -c da -n "__fish_da_needs_command" -f -a "setup-instructions" -d 'Print what an agent needs to set up `da` for itself, with a new token in it'
complete -c da -n "__fish_da_needs_command" -f -a "serve" -d 'Serve the token authority from a data directory'
complete -c da -n "__fish_da_needs_command" -f -a "server" -d 'Work on the server\'s own host: backup, restore, recovery, settings, keys'
complete -c da -n "__fish_da_needs_command" -f -a "completion" -d 'Write the completions of a shell'
complete -c da -n "__fish_da_needs_command" -f -a "help" -d 'Show help on a command or a topic'
complete -c da -n "__fish_da_needs_command" -f -a "generate" -d 'Write man pages or completions into a directory'
complete -c da -n "__fish_da_using_subcommand login" -l email -d 'E-mail address of the account' -r
complete -c da -n "__fish_da_using_subcommand login" -l password -d 'Password; other users of this machine can see it, so rather use `--password-stdin`' -r
complete -c da -n "__fish_da_using_subcommand login" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand login" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand login" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand login" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand login" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand login" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c da -n "__fish_da_using_subcommand login" -l device -d 'Show a page and a code for the browser of another device'
complete -c da -n "__fish_da_using_subcommand login" -l no-browser -d 'Show the address to open in a browser of this machine, and open none'
complete -c da -n "__fish_da_using_subcommand login" -l insecure-storage -d 'Keep the token in the file, not in the keyring, from now on'
complete -c da -n "__fish_da_using_subcommand login" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand login" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand login" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand login" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand login" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand logout" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand logout" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand logout" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand logout" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand logout" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand logout" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand logout" -l all -d 'End every sign-in of yours, on every machine'
complete -c da -n "__fish_da_using_subcommand logout" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand logout" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand logout" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand logout" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand logout" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand whoami" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand whoami" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand whoami" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand whoami" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand whoami" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand whoami" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand whoami" -l offline -d 'Only decode the token; ask nobody'
complete -c da -n "__fish_da_using_subcommand whoami" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand whoami" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand whoami" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand whoami" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand whoami" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand import-token" -l token -d 'The token; `-` reads it from standard input' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l email -d 'E-mail address to note down, instead of the token\'s own' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l role -d 'Role to note down, instead of the token\'s own' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand import-token" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand import-token" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand import-token" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand import-token" -l skip-verify -d 'Save it even if the server cannot be asked'
complete -c da -n "__fish_da_using_subcommand import-token" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand import-token" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand import-token" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand import-token" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand import-token" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand import-token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand pair" -l name -d 'Name of the machine, shown in `da token list`' -r
complete -c da -n "__fish_da_using_subcommand pair" -l ttl -d 'How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the server\'s maximum]' -r
complete -c da -n "__fish_da_using_subcommand pair" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand pair" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand pair" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand pair" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand pair" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand pair" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand pair" -l raw -d 'Write the token alone, and keep nothing'
complete -c da -n "__fish_da_using_subcommand pair" -l insecure-storage -d 'Keep the token in the file, not in the keyring, from now on'
complete -c da -n "__fish_da_using_subcommand pair" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand pair" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand pair" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand pair" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand pair" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand pair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "create" -d 'Create a token and show it once'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "list" -d 'List your tokens, newest first'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "show" -d 'Show one of your tokens; never the secret itself'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "rotate" -d 'Put a new token in the place of one of yours, and show it once'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "revoke" -d 'Revoke a token, effective at once'
complete -c da -n "__fish_da_using_subcommand token; and not __fish_seen_subcommand_from create list show rotate revoke print" -f -a "print" -d 'Write the token in force to standard output, and nothing else'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l name -d 'Name shown in `da token list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l ttl -d 'How long it lives: a number of days such as `90d`, or `never` [default: 90d, or the server\'s maximum]' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l renewable -d 'Let the token rotate itself with `da token rotate --self`, never past its last day'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l raw -d 'Write the token alone, for a pipe'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l expiring -d 'Only tokens that work and end within this time, such as `14d`; the exit code is 6 if there is one, else 0' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l all -d 'Also show tokens that ended long ago'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l overlap -d 'How long the old token works on at most, in whole hours up to 30 days, such as `24h` or `7d`; `0` ends it at once' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l ttl -d 'How long the new one lives: `90d` or `never` [default: as long as the old one was made for]' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l self -d 'The token in force, by itself'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l raw -d 'Write the token alone, for a pipe'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l secret -d 'Revoke this very token, whoever owns it; `-` reads it from standard input' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l all -d 'Revoke all your tokens'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Do not ask'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand token; and __fish_seen_subcommand_from print" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand exec" -l ttl -d 'How long the token lives at most: `1m` to `24h`' -r
complete -c da -n "__fish_da_using_subcommand exec" -l name -d 'Name of the token in `da token list` [default: exec and the command\'s name]' -r
complete -c da -n "__fish_da_using_subcommand exec" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand exec" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand exec" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand exec" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand exec" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand exec" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand exec" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand exec" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand exec" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand exec" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand exec" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -f -a "git" -d 'Be a credential helper of git'
complete -c da -n "__fish_da_using_subcommand credential; and not __fish_seen_subcommand_from git docker" -f -a "docker" -d 'Be a credential helper of docker'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l host -d 'Host, with its port if it has one, that gets the token; no other one does. May be repeated' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l username -d 'Name that goes with the token, where the service asks for one' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from git" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l host -d 'Host, with its port if it has one, that gets the token; no other one does. May be repeated' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l username -d 'Name that goes with the token, where the service asks for one' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand credential; and __fish_seen_subcommand_from docker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "login" -d 'Sign in and keep the token on this machine'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "logout" -d 'End the session and forget the saved token'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "whoami" -d 'Show who you are and which token says so'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "import-token" -d 'Save a token that was made elsewhere'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "token" -d 'Create, list, show, rotate and revoke your tokens'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "password" -d 'Change or reset your password'
complete -c da -n "__fish_da_using_subcommand auth; and not __fish_seen_subcommand_from login logout whoami import-token token password storage" -f -a "storage" -d 'Show or change where the saved token rests'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l email -d 'E-mail address of the account' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l password -d 'Password; other users of this machine can see it, so rather use `--password-stdin`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l password-stdin -d 'Read the password from standard input'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l device -d 'Show a page and a code for the browser of another device'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l no-browser -d 'Show the address to open in a browser of this machine, and open none'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l insecure-storage -d 'Keep the token in the file, not in the keyring, from now on'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l all -d 'End every sign-in of yours, on every machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l offline -d 'Only decode the token; ask nobody'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l token -d 'The token; `-` reads it from standard input' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l email -d 'E-mail address to note down, instead of the token\'s own' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l role -d 'Role to note down, instead of the token\'s own' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l skip-verify -d 'Save it even if the server cannot be asked'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from import-token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "create" -d 'Create a token and show it once'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "list" -d 'List your tokens, newest first'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "show" -d 'Show one of your tokens; never the secret itself'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "rotate" -d 'Put a new token in the place of one of yours, and show it once'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Revoke a token, effective at once'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from token" -f -a "print" -d 'Write the token in force to standard output, and nothing else'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -f -a "change" -d 'Change your password, knowing the present one'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from password" -f -a "reset" -d 'Set a new password with the one-time value an admin gave you'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -f -a "show" -d 'Show where the saved token rests, and where the next one will'
complete -c da -n "__fish_da_using_subcommand auth; and __fish_seen_subcommand_from storage" -f -a "move" -d 'Move the saved token into the keyring or into the file'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "add-user" -d 'Add a user'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "list-users" -d 'List all users'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "show-user" -d 'Show one user'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "remove-user" -d 'Delete a user, with tokens and sessions'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "set-role" -d 'Give a user another role'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "activate" -d 'Activate an account again'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "deactivate" -d 'Deactivate an account: its sessions and tokens are refused at once'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "reset-password" -d 'Make a one-time value with which a user sets a new password'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "set-password" -d 'Set a user\'s password; ends the user\'s sessions'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "session" -d 'List and end everybody\'s sign-ins'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "token" -d 'List and revoke everybody\'s tokens'
complete -c da -n "__fish_da_using_subcommand admin; and not __fish_seen_subcommand_from add-user list-users show-user remove-user set-role activate deactivate reset-password set-password session token audit" -f -a "audit" -d 'Show the audit log, oldest first'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l name -d 'Name to show; by default the part of the address before the `@`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l role -d '`viewer`, `analyst`, `km_admin` or `admin` [default: analyst]' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l password-stdin -d 'Read a password for the account from standard input'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l issue-token -d 'Also make a first token, shown once'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from add-user" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from list-users" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from show-user" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -s y -l yes -d 'Do not ask'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from remove-user" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-role" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from activate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l revoke-tokens -d 'Revoke the user\'s tokens for good'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from deactivate" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from reset-password" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l password -d 'Password; other users of this machine can see it, so rather use `--password-stdin`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l password-stdin -d 'Read the password from standard input'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l permanent -d 'Let the user keep it; without this it must be changed after the next sign-in'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from set-password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -f -a "list" -d 'List everybody\'s live sign-ins, newest first'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -f -a "revoke" -d 'End anybody\'s sign-in, effective at once'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from session" -f -a "revoke-user" -d 'End every sign-in of a user'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -f -a "list" -d 'List everybody\'s tokens'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Revoke anybody\'s token, effective at once'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l user -d 'Only what this user did: id or e-mail address' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l action -d 'Only this action, such as `token.create`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l since -d 'Only since this time, or this long ago, such as `2h` or `7d`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l limit -d 'Show at most this many rows, the newest ones' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l data-dir -d 'Data directory of the server that is meant' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -s f -l follow -d 'Go on with new rows as they come'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l local -d 'Without a token, on the server\'s host: through the admin socket in its data directory'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand admin; and __fish_seen_subcommand_from audit" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "list" -d 'List the profiles, and who is signed in where'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "show" -d 'Show one profile: the one in force, and why, or the one that is named'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "add" -d 'Make a profile for the server of `--server`'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "use" -d 'Choose the profile that is in force where nothing else chooses one'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "remove" -d 'Remove a profile that nobody is signed in to, and the rules that lead to it'
complete -c da -n "__fish_da_using_subcommand profile; and not __fish_seen_subcommand_from list show add use remove rules" -f -a "rules" -d 'List, add and remove the rules by which a directory or a server chooses a profile'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -s y -l yes -d 'Change it without a terminal, too'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Remove it without a terminal, too'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -f -a "add" -d 'Choose a profile by directory (`--dir`), or by the server of a call (`--server`)'
complete -c da -n "__fish_da_using_subcommand profile; and __fish_seen_subcommand_from rules" -f -a "remove" -d 'Remove the rule for a directory (`--dir`) or for a server (`--server`)'
complete -c da -n "__fish_da_using_subcommand status" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand status" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand status" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand status" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand status" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand status" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand status" -l local -d 'Only show what this machine knows; ask nobody'
complete -c da -n "__fish_da_using_subcommand status" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand status" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand status" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand status" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand status" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand diagnose" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand diagnose" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand diagnose" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand diagnose" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand diagnose" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand diagnose" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand diagnose" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand diagnose" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand diagnose" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand diagnose" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand diagnose" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand diagnose" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -f -a "list" -d 'List your sign-ins, newest first'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -f -a "revoke" -d 'End one of your sign-ins, effective at once'
complete -c da -n "__fish_da_using_subcommand session; and not __fish_seen_subcommand_from list revoke revoke-others" -f -a "revoke-others" -d 'End every sign-in of yours but this one'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Do not ask'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -s y -l yes -d 'Do not ask'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand session; and __fish_seen_subcommand_from revoke-others" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -f -a "init" -d 'Remember the server to talk to'
complete -c da -n "__fish_da_using_subcommand setup; and not __fish_seen_subcommand_from init bootstrap" -f -a "bootstrap" -d 'Make the first admin of a new server'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l name -d 'Name to show; by default the part of the address before the `@`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l code-file -d 'File with the one-time setup code; `-` reads it from standard input' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l password -d 'Password; other users of this machine can see it, so rather use `--password-stdin`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l password-stdin -d 'Read the password from standard input'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand setup; and __fish_seen_subcommand_from bootstrap" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l name -d 'Name of the agent\'s token in `da token list`' -r
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l ttl -d 'How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the server\'s maximum]' -r
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand setup-instructions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand serve" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l listen -d 'Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8000]' -r
complete -c da -n "__fish_da_using_subcommand serve" -l public-url -d 'Address that clients know, if it is not the one they use' -r
complete -c da -n "__fish_da_using_subcommand serve" -l allow-host -d 'Further host name by which clients may call a server that has a public URL; may be repeated' -r
complete -c da -n "__fish_da_using_subcommand serve" -l metrics-listen -d 'Address and port that has the metrics; the main one has them no longer' -r
complete -c da -n "__fish_da_using_subcommand serve" -l trusted-proxy -d 'Proxy, or network of proxies, whose X-Forwarded-For is believed; may be repeated' -r
complete -c da -n "__fish_da_using_subcommand serve" -l tls-cert -d 'PEM file of the certificate chain' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l tls-key -d 'PEM file of the certificate\'s private key' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l token-limit -d 'Live tokens that a user may have; 0 disables the limit [default: 1000]' -r
complete -c da -n "__fish_da_using_subcommand serve" -l log-format -d 'How to log: text, json, or auto (text on a terminal)' -r
complete -c da -n "__fish_da_using_subcommand serve" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand serve" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand serve" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand serve" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand serve" -l behind-proxy -d 'A proxy in front ends TLS: allow clear text beyond loopback'
complete -c da -n "__fish_da_using_subcommand serve" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand serve" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand serve" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand serve" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand serve" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "recover-admin" -d 'Make or restore an admin, whether the server runs or not'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "backup" -d 'Copy the store to a new file while the server runs, and check the copy'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "restore" -d 'Put a backup in place, with the server stopped'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "migrate" -d 'Upgrade the store, with the server stopped'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "config" -d 'Look at the server\'s settings'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "audit" -d 'Check the audit log on the server\'s host'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "keys" -d 'List, rotate and retire the keys that sign tokens'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "rekey" -d 'Change the master key, with the server stopped'
complete -c da -n "__fish_da_using_subcommand server; and not __fish_seen_subcommand_from recover-admin backup restore migrate config audit keys rekey doctor" -f -a "doctor" -d 'Check settings, files, store, audit log, disk and clock on the server\'s host'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l password -d 'Password; other users of this machine can see it, so rather use `--password-stdin`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l reset-value -d 'Print a one-time reset value instead of setting a password'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -s y -l yes -d 'Do not ask whether to create a new admin'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l password-stdin -d 'Read the password from standard input'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from recover-admin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from backup" -a "verify" -d 'Check every page and row of a backup, and its audit log with the master key'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l rehearse -d 'Only try it, beside the backup: restore, open as the server would, check, remove; the server may run'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l check -d 'Only tell what would be done; exits with 1 when an upgrade is needed'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show every setting with its value and where that comes from, secrets masked'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check that no row of the audit log was changed, removed, added or cut off'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List the signing keys, newest first'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -f -a "rotate" -d 'Put a new signing key in use'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from keys" -f -a "retire" -d 'End a signing key with every token and session that it signed'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l new-key-file -d 'File of the new key; one that is not there is made with a new key' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from rekey" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l data-dir -d 'Directory of the store and the keys' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l config -d 'Settings file [default: da-server.yaml in the data directory]' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand server; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c da -n "__fish_da_using_subcommand completion" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand completion" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand completion" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand completion" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand completion" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand completion" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand completion" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand completion" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand completion" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand completion" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand completion" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand completion" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand help" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand help" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand help" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand help" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand help" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand help" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand help" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand help" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand help" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand help" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand help" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand help" -s h -l help -d 'Print help'
complete -c da -n "__fish_da_using_subcommand generate" -l server -d 'Server to talk to, such as `https://id.example.org`' -r
complete -c da -n "__fish_da_using_subcommand generate" -l profile -d 'Profile to use for this call, see `da profile list`' -r
complete -c da -n "__fish_da_using_subcommand generate" -l token-file -d 'Read the token from this file' -r -F
complete -c da -n "__fish_da_using_subcommand generate" -l config-dir -d 'Directory of settings and saved token' -r -F
complete -c da -n "__fish_da_using_subcommand generate" -l ca-file -d 'Trust the PEM certificates in this file, too' -r -F
complete -c da -n "__fish_da_using_subcommand generate" -l timeout -d 'Give up a request after this many seconds' -r
complete -c da -n "__fish_da_using_subcommand generate" -l insecure-http -d 'Allow unencrypted HTTP to another machine'
complete -c da -n "__fish_da_using_subcommand generate" -l json -d 'Write JSON, errors included'
complete -c da -n "__fish_da_using_subcommand generate" -s q -l quiet -d 'Leave out notes on stderr'
complete -c da -n "__fish_da_using_subcommand generate" -l no-color -d 'Write without colours'
complete -c da -n "__fish_da_using_subcommand generate" -s v -l verbose -d 'Log requests on stderr, never a secret'
complete -c da -n "__fish_da_using_subcommand generate" -s h -l help -d 'Print help'
