#include "collectors/kernel_message.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

namespace {

struct Row {
    std::string_view message;
    EventKind kind;
    SubjectKind subject;
    std::string_view name;
    std::string_view object;
};

}  // namespace

TEST_CASE("kernel_message: what is known becomes a fact about a thing") {
    using enum EventKind;
    using enum SubjectKind;
    for (const Row& row : {
             Row{"I/O error, dev sda, sector 1234 op 0x0:(READ) flags 0x80700", IoError, Device,
                 "sda", "sda"},
             Row{"blk_update_request: I/O error, dev nvme0n1, sector 0", IoError, Device, "nvme0n1",
                 "nvme0n1"},
             Row{"critical medium error, dev sdb, sector 99 op 0x0", IoError, Device, "sdb", "sdb"},
             Row{"Buffer I/O error on dev dm-0, logical block 3, lost async page write", IoError,
                 Device, "dm-0", "dm-0"},
             Row{"nvme nvme0: I/O 12 QID 3 timeout, aborting", IoError, Device, "nvme0", "nvme0"},
             Row{"ata1.00: failed command: READ FPDMA QUEUED", IoError, Device, "ata1.00",
                 "ata1.00"},
             Row{"md/raid1:md0: Disk failure on sdb1, disabling device.", IoError, Device, "sdb1",
                 "sdb1"},
             Row{"nfs: server filer.example not responding, still trying", IoError, Host, "",
                 "filer.example"},
             Row{"EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading",
                 FilesystemError, Device, "sda1", "sda1"},
             Row{"EXT4-fs (sda1): Remounting filesystem read-only", FilesystemReadOnly, Device,
                 "sda1", "sda1"},
             Row{"XFS (dm-3): Metadata corruption detected at xfs_agf_read_verify", FilesystemError,
                 Device, "dm-3", "dm-3"},
             Row{"XFS (dm-3): Filesystem has been shut down due to log error (0x2).",
                 FilesystemError, Device, "dm-3", "dm-3"},
             Row{"BTRFS error (device vdb): bdev /dev/vdb errs: wr 1, rd 0", FilesystemError,
                 Device, "vdb", "vdb"},
             Row{"BTRFS info (device vdb): forced readonly", FilesystemReadOnly, Device, "vdb",
                 "vdb"},
             Row{"Aborting journal on device sda1-8.", FilesystemError, Device, "sda1", "sda1"},
             Row{"mce: [Hardware Error]: CPU 1: Machine Check: 0 Bank 5: be00000000800400",
                 HardwareError, Host, "", "machine check"},
             Row{"{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0",
                 HardwareError, Host, "", "machine check"},
             Row{"EDAC MC0: 1 UE memory read error on CPU_SrcID#0", HardwareError, Host, "",
                 "memory"},
             Row{"NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.", HardwareError, Host,
                 "", "PCI:0000:3b:00"},
             Row{"pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received", HardwareError,
                 Host, "", "0000:00:1c.0"},
             Row{"mce: CPU3: Core temperature above threshold, cpu clock throttled", Thermal, Host,
                 "", "cpu"},
             Row{"INFO: task jbd2/sda1-8:213 blocked for more than 120 seconds.", HungTask, Process,
                 "jbd2/sda1-8", "jbd2/sda1-8"},
             Row{"INFO: task kworker/u8:2:77 blocked for more than 241 seconds.", HungTask, Process,
                 "kworker/u8:2", "kworker/u8:2"},
             Row{"rcu: INFO: rcu_sched self-detected stall on CPU", CpuStall, Host, "", "rcu"},
             Row{"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [bash:12]", CpuStall, Host, "",
                 "soft lockup"},
             Row{"NMI watchdog: Watchdog detected hard LOCKUP on cpu 2", CpuStall, Host, "",
                 "hard lockup"},
             Row{"BUG: kernel NULL pointer dereference, address: 0000000000000008", KernelOops,
                 Host, "", "BUG"},
             Row{"Oops: 0002 [#1] PREEMPT SMP NOPTI", KernelOops, Host, "", "oops"},
             Row{"nf_conntrack: nf_conntrack: table full, dropping packet", TableFull, Host, "",
                 "conntrack"},
             Row{"neighbour: arp_cache: neighbor table overflow!", TableFull, Host, "",
                 "neighbours"},
             Row{"device-mapper: thin: 253:4: switching pool to out-of-data-space (queue IO) mode",
                 TableFull, Host, "", "thin pool"},
             Row{"audit: backlog limit exceeded", TableFull, Host, "", "audit backlog"},
             Row{"cgroup: fork rejected by pids controller in /system.slice/app.service", TableFull,
                 Unit, "app.service", "tasks"},
             Row{"cgroup: fork rejected by pids controller in /docker/4d2f", TableFull, Unit,
                 "docker/4d2f", "tasks"},
             Row{"cgroup: fork rejected by pids controller in /", TableFull, Host, "", "tasks"},
             Row{"cgroup: fork rejected by pids controller in ", TableFull, Host, "", "tasks"},
             Row{"TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.",
                 SynFlood, Host, "", "tcp/80"},
             Row{"TCP: request_sock_TCP: Possible SYN flooding on port [::]:8443. Sending cookies.",
                 SynFlood, Host, "", "tcp/8443"},
             Row{"nginx[4711]: segfault at 0 ip 00005 sp 00007 error 4 in nginx[5000+2000]",
                 Segfault, Process, "nginx", "nginx"},
             Row{"traps: a b[12] general protection fault ip:55 sp:7f error:0 in x[4+1]", Segfault,
                 Process, "a b", "a b"},
             Row{"e1000e 0000:00:1f.6 eth0: NIC Link is Down", LinkDown, Interface, "eth0", "eth0"},
             Row{"igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Up 1000 Mbps Full Duplex", LinkUp,
                 Interface, "eno1", "eno1"},
             Row{"mlx5_core 0000:5e:00.0 ens1: Link down", LinkDown, Interface, "ens1", "ens1"},
             Row{"NETDEV WATCHDOG: eth1 (ixgbe): transmit queue 4 timed out", HardwareError,
                 Interface, "eth1", "eth1"},
         }) {
        CAPTURE(row.message);
        KernelMessages messages;
        const auto fact = messages.read(row.message);
        REQUIRE(fact);
        CHECK(name_of(fact->kind) == name_of(row.kind));
        CHECK(fact->subject.kind == row.subject);
        CHECK(fact->subject.name == row.name);
        CHECK(fact->object == row.object);
    }
}

TEST_CASE("kernel_message: a memory kill names the unit that the line before it told") {
    KernelMessages messages;
    CHECK_FALSE(messages.read(
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
        "oom_memcg=/system.slice/app.service,task_memcg=/system.slice/app.service,task=java,"
        "pid=4711,uid=0"));
    const auto kill = messages.read(
        "Memory cgroup out of memory: Killed process 4711 (java) total-vm:1kB, anon-rss:2kB, "
        "UID:0 pgtables:44kB oom_score_adj:0");
    REQUIRE(kill);
    CHECK(kill->kind == EventKind::OomKill);
    CHECK(kill->subject == Subject{SubjectKind::Unit, "app.service"});
    CHECK(kill->object == "java");
    // Another process, or an old kernel that says one line only: the process is all we know.
    const auto other = messages.read("Out of memory: Kill process 12 (a) score 9 or sacrifice");
    REQUIRE(other);
    CHECK(other->subject == Subject{SubjectKind::Process, "a"});
    CHECK(event_of(*other, "words", Instant{}).text == "words");
}

TEST_CASE("kernel_message: everyday lines, clever process names and rubbish are no facts") {
    KernelMessages messages;
    for (const std::string& message :
         {std::string(), std::string("EXT4-fs (sda1): mounted filesystem with ordered data mode"),
          std::string("XFS (sda1): Ending clean mount"),
          std::string("BTRFS info (device vdb): using free space tree"),
          std::string("br0: port 1(veth0) entered disabled state"),
          std::string("ata1: SATA link down (SStatus 0 SControl 300)"),
          // Every ten seconds while a container's namespace ends: it harms nobody.
          std::string("unregister_netdevice: waiting for lo to become free. Usage count = 1"),
          std::string("pcieport 0000:00:1c.0: pciehp: Slot(0): Link Down"),
          std::string("my log: I/O error, dev sda, sector 1"),
          std::string("app: Out of memory: Killed process 1 (init)"),
          std::string("EDAC MC0: 1 CE memory read error"), std::string("INFO: task "),
          std::string("Out of memory: Killed process"), std::string("]: segfault at "),
          std::string("[12]: segfault at 0"), std::string("a[x]: segfault at 0"),
          std::string(": Link is Down"), std::string("\0\xff\xfe", 3), std::string(70'000, '(')}) {
        CAPTURE(message.substr(0, 60));
        CHECK_FALSE(messages.read(message));
    }
}
