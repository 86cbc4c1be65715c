#!/usr/bin/env tclsh
# SPDX-License-Identifier: Apache-2.0
#
# A small interpreter of IEEE 1687 PDL, level 0, for registers with an address: the registers come from ICL, the
# accesses go to a board behind a TCP port (docs/board.md).
#
#   tclsh pdl.tcl ipsec_offload.icl golden.pdl HOST:PORT PROC...
#
# Each PROC and what it calls runs to its end or its first mismatch. It prints PASS or FAIL of each iProc that is called
# from an iProc given, or of that one if it calls none. Exit status 1 if one failed.

# --- ICL: names, addresses, widths of `DataRegister NAME[M:0] { AddressValue W'hA; }`

proc icl_load {path} {
    global address width
    set file [open $path]
    set text [read $file]
    close $file
    regsub -all -line {//.*$} $text {} text
    if {![regexp {Module\s+(\w+)\s*\{} $text]} {
        error "$path: expected a Module"
    }
    foreach {all name high value} [regexp -all -inline \
        {DataRegister\s+(\w+)\[(\d+):0\]\s*\{\s*AddressValue\s+\d+'h([0-9a-fA-F]+);\s*\}} $text] {
        set address($name) [expr {"0x$value"}]
        set width($name) [expr {$high + 1}]
    }
}

# --- The board

proc board_connect {at} {
    global board
    if {![regexp {^(.*):(\d+)$} $at all host port]} {
        error "expected HOST:PORT, got $at"
    }
    set board [socket $host $port]
    fconfigure $board -buffering line -translation lf
    if {![string match "ipsec-board 1 *" [set hello [gets $board]]]} {
        error "$at is no board of protocol 1: it says '$hello'"
    }
}

proc board_ask {line} {
    global board
    puts $board $line
    set reply [gets $board]
    if {[lindex $reply 0] ne "ok"} {
        error "'$line': the board says '$reply'"
    }
    return [lindex $reply 1]
}

# --- PDL

# What the next iApply does: lists of register, value and, of reads, mask
set writes {}
set reads {}
set note ""
set accesses 0
set depth 0
set failed 0
set passed 0

# Value and mask of 0x..., 0b... with x, or a decimal number
proc number {text} {
    if {![regexp {^0b[01xX]+$} $text]} {
        return [list [expr {$text}] 0xffffffff]
    }
    set bits [string range $text 2 end]
    set value [string map {x 0 X 0} $bits]
    set mask [string map {0 1 x 0 X 0} $bits]
    return [list [expr {"0b$value"}] [expr {"0b$mask"}]]
}

proc known {name} {
    if {![info exists ::address($name)]} {
        error "the ICL has no register $name"
    }
}

proc iPDLLevel {level args} {
    if {$level != 0} {
        error "expected PDL of level 0, got $level"
    }
}

proc iProcsForModule {module} {}

proc iNote {args} {
    set ::note [lindex $args end]
}

proc iProc {name arguments body} {
    proc "pdl $name" $arguments $body
}

proc iWrite {name value} {
    known $name
    lappend ::writes $name [lindex [number $value] 0]
}

proc iRead {name value} {
    known $name
    lappend ::reads $name {*}[number $value]
}

proc iApply {} {
    global address writes reads note accesses
    foreach {name value} $writes {
        incr accesses
        board_ask [format "w 0x%04x 0x%08x" $address($name) $value]
    }
    foreach {name value mask} $reads {
        incr accesses
        set got [board_ask [format "r 0x%04x" $address($name)]]
        if {($got ^ $value) & $mask} {
            error [format "%s is 0x%08x, expected 0x%08x in 0x%08x (%s)" $name $got $value $mask $note]
        }
    }
    set writes {}
    set reads {}
}

proc iRunLoop {count args} {
    if {[llength $args] && [lindex $args 0] ni {-sck -tck}} {
        error "iRunLoop: expected -tck or -sck PORT, got $args"
    }
    board_ask "wait $count"
}

# A called procedure is a case. Deeper ones are part of it.
proc iCall {name args} {
    global depth failed passed writes reads calls note
    incr calls
    incr depth
    set note ""
    set code [catch {"pdl $name" {*}$args} message]
    incr depth -1
    if {$depth > 1} {
        if {$code} {
            error $message
        }
        return
    }
    if {$depth == 0 && !$code && $calls > 1} {
        # Its calls were counted.
        return
    }
    set writes {}
    set reads {}
    if {$code} {
        incr failed
        puts "FAIL $name: $message"
    } else {
        incr passed
        puts "PASS $name"
    }
}

if {$argc < 4} {
    puts stderr "usage: tclsh pdl.tcl FILE.icl FILE.pdl HOST:PORT PROC..."
    exit 2
}
lassign $argv icl pdl at
icl_load $icl
source $pdl
board_connect $at
foreach name [lrange $argv 3 end] {
    set calls 0
    iCall $name
}
puts "golden: [expr {$passed + $failed}] procedures, $failed failed, $accesses register accesses"
exit [expr {$failed > 0 || $passed == 0}]
