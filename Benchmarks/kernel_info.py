"""ipykernel: start to the first answer, and the round trip of kernel_info. For `Benchmarks/run`."""
import statistics
import time

from jupyter_client.manager import KernelManager

manager = KernelManager()
began = time.perf_counter()
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
print(f"ipykernel                 start to ready {time.perf_counter() - began:6.2f} s", end="   ")
trips = []
for _ in range(200):
    began = time.perf_counter()
    client.kernel_info()
    client.get_shell_msg(timeout=10)
    trips.append((time.perf_counter() - began) * 1e6)
print(f"kernel_info median {statistics.median(trips):7.0f} µs")
client.stop_channels()
manager.shutdown_kernel(now=True)
