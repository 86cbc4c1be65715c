# SPDX-License-Identifier: Apache-2.0
# Golden cases for OpenOCD: source it behind `init`, with a target selected whose memory is the device's bus, then
#
#   set golden_base 0x40000000    where the registers are; 0 if it is not set
#   golden_run                    all cases; golden_run smoke: the first ones; golden_run NAME: one
#
# It says PASS or FAIL of each case, and ends with an error if one failed. Time-outs are counted in reads: a read of a
# register takes 2 clocks of the device at least.

if {![info exists golden_base]} {
    set golden_base 0
}
set golden_accesses 0

proc golden_read {addr} {
    global golden_base golden_accesses
    incr golden_accesses
    return [expr {[lindex [read_memory [expr {$golden_base + $addr}] 32 1] 0]}]
}

proc w {addr data note} {
    global golden_base golden_accesses
    incr golden_accesses
    mww [expr {$golden_base + $addr}] $data
}

proc r {addr data mask note} {
    set value [golden_read $addr]
    if {($value ^ $data) & $mask} {
        error [format "%s: read 0x%04x: 0x%08x, expected 0x%08x in 0x%08x" $note $addr $value $data $mask]
    }
}

proc p {addr data mask clocks note} {
    for {set left [expr {$clocks / 2 + 2}]} {$left > 0} {incr left -1} {
        set value [golden_read $addr]
        if {(($value ^ $data) & $mask) == 0} {
            return
        }
    }
    error [format "%s: poll 0x%04x: 0x%08x after %d clocks, expected 0x%08x in 0x%08x" \
        $note $addr $value $clocks $data $mask]
}

proc d {clocks note} {
    for {set left [expr {$clocks / 2 + 2}]} {$left > 0} {incr left -1} {
        golden_read 0
    }
}

proc golden_run {{which all}} {
    global golden_cases golden_smoke golden_accesses
    golden_design
    set names $golden_cases
    if {$which eq "smoke"} {
        set names [lrange $golden_cases 0 [expr {$golden_smoke - 1}]]
    } elseif {$which ne "all"} {
        set names [list $which]
    }
    set failed 0
    foreach name $names {
        if {[catch {"case $name"} message]} {
            incr failed
            echo "FAIL $name: $message"
        } else {
            echo "PASS $name"
        }
    }
    echo "golden: [llength $names] cases, $failed failed, $golden_accesses register accesses"
    if {$failed > 0} {
        error "golden: $failed cases failed"
    }
}
